import type { Feature, Parts } from '../feature.ts';
import { createKept } from '../kernel/kept.ts';
import { lastMessage } from '../log/read.ts';
import { streamName as stream } from '../log/streams/definitions.ts';
import { createRoomCheck } from '../log/streams/room.ts';
import { createAccept } from './accept.ts';
import { createHearing } from './hearing.ts';
import { createIngestMetrics } from './metrics.ts';
import type { AlertSource } from './receive.ts';
import { createRedaction } from './redact/redaction.ts';
import { createRejections } from './rejected.ts';
import { createRenew } from './renew.ts';
import { ingestRoutes } from './routes.ts';
import { lookAtSources, type LookOptions } from './sources/look.ts';
import { sourceRoutes } from './sources/routes.ts';
import type { SyncOptions } from './sync.ts';

/** Alerts come in. `openWaiting` is absent where this process reads no log. */
export function ingestFeature(
  parts: Parts,
  { sources, openWaiting }: { sources: readonly AlertSource[] } & Pick<SyncOptions, 'openWaiting'>,
): Feature {
  const { config, connection, logger, tracing } = parts;
  const metrics = createIngestMetrics(
    parts.metrics,
    sources.map(({ name }) => name),
  );
  const findId = async (filter: string) =>
    (await lastMessage(connection, stream, filter))?.header('ce-id') || undefined;
  return {
    folds: [],
    reactors: [],
    routes: (server) => {
      const isApi = config.roles.includes('api');
      if (!config.roles.includes('ingest')) {
        if (isApi) server.register(lookingRoutes(parts));
        return;
      }
      const redaction = createRedaction(config.rules.redact);
      const accept = createAccept({
        connection,
        checkRoom: createRoomCheck(connection, stream),
        // What processes at the edge publish is taken over one by one.
        batches: !config.edge,
        ...(openWaiting ? { findId } : {}),
        renew: createRenew({ connection, stream, logger, redaction }),
        ...{ logger, metrics },
      });
      const { lateTimers } = parts.reactorMetrics;
      const hearing = createHearing(config.rules.sources, { connection, stream, now: Date.now, logger, metrics: { ...metrics, lateTimers } }); // prettier-ignore
      server.addHook('onClose', hearing.stop);
      if (isApi) server.register(lookingRoutes(parts, hearing.lastHeard));
      const rejections = createRejections(logger);
      server.addHook('onClose', (_server, done) => {
        rejections.flush();
        done();
      });
      const { maxBodyBytes, maxAlertsPerBody, maxInflightBytes, maxSyncRequests: maxRequests } = config;
      server.register(
        ingestRoutes({
          ...{ sources, accept, heard: hearing.heard, redaction, metrics, rejections, tracing },
          ...{ maxBodyBytes, maxAlertsPerBody, maxInflightBytes },
          sync: { maxRequests, ...(openWaiting ? { openWaiting } : {}) },
        }),
      );
    },
  };
}

/** A page that is open asks again and again. */
const keptSeconds = 3;

function lookingRoutes(
  { config, connection, reads }: Parts,
  heardHere: LookOptions['heardHere'] = () => undefined,
) {
  const { sources } = config.rules;
  const kept = createKept<Awaited<ReturnType<typeof lookAtSources>>>(keptSeconds);
  const look = () => reads(() => lookAtSources({ connection, stream }, { sources, heardHere }));
  return sourceRoutes({ sources, look: () => kept('', look) });
}
