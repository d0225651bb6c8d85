import type { CollectionState } from '../book/collection-state.ts';
import type { Feature, Parts } from '../feature.ts';
import { streamName as stream } from '../log/streams/definitions.ts';
import { readAlertPage } from './page.ts';
import { readAlertStory } from './story.ts';
import { alertRoutes } from './routes.ts';

/** What is asked and shown of alerts. `collection` tells the state of one that answers an alert. */
export function alertsFeature(
  { config, connection, reads, now }: Parts,
  { collection }: { collection: (id: string) => { state: CollectionState } | undefined },
): Feature {
  const source = { connection, stream };
  return {
    folds: [],
    reactors: [],
    routes: (server) => {
      if (!config.roles.includes('api')) return;
      server.register(
        alertRoutes({
          readPage: (filter) => reads(() => readAlertPage(source, filter)),
          readStory: (id) => reads(() => readAlertStory(source, id)),
          ...{ collection, now },
        }),
      );
    },
  };
}
