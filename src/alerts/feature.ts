import type { CollectionState } from '../book/collection-state.ts';
import type { Feature, Parts } from '../feature.ts';
import type { Found } from '../http/search.ts';
import { LogUnavailable } from '../log/errors.ts';
import { streamName as stream } from '../log/streams/definitions.ts';
import { createKept } from '../kernel/kept.ts';
import { readAlertPage } from './page.ts';
import { readAlertStory } from './story.ts';
import { groupRoutes } from './group-routes.ts';
import type { MatchesRow } from './kinds.ts';
import { readGroups } from './read-groups.ts';
import { alertRoutes } from './routes.ts';
import { searchAlerts } from './search.ts';

/** Whoever types takes a letter back. */
const keptSeconds = 3;

interface AlertsDeps {
  /** The state of a collection that answers an alert. */
  collection: (id: string) => { state: CollectionState } | undefined;
  matchesRow: MatchesRow;
}

/** What is asked and shown of alerts. */
export function alertsFeature(
  { config, connection, reads, now }: Parts,
  { collection, matchesRow }: AlertsDeps,
): Feature {
  const kept = createKept<Found[]>(keptSeconds);
  const source = { connection, stream };
  return {
    folds: [],
    reactors: [],
    search: (sought) =>
      kept(JSON.stringify(sought), () => reads(() => searchAlerts(source, sought))).catch(
        (error: unknown) => {
          if (error instanceof LogUnavailable) return [];
          throw error;
        },
      ),
    routes: (server) => {
      if (!config.roles.includes('api')) return;
      server.register(
        alertRoutes({
          readPage: (filter) => reads(() => readAlertPage(source, filter, matchesRow)),
          readStory: (id) => reads(() => readAlertStory(source, id)),
          ...{ collection, matchesRow, now },
        }),
      );
      server.register(
        groupRoutes({ readGroups: (filter) => reads(() => readGroups(source, filter, matchesRow)), now }),
      );
    },
  };
}
