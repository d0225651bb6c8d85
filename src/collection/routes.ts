import type { FastifyInstance } from 'fastify';
import { type Pod, podSubject } from '../events/subjects.ts';
import type { Parts } from '../feature.ts';
import { createPlaces } from '../kernel/places.ts';
import { recordingsBucket, stagingBucket, streamName as stream } from '../log/streams/definitions.ts';
import type { Ability } from './able/ability.ts';
import { type Actions, askActions } from './by-hand/actions.ts';
import { createPresigner } from './destinations/presign.ts';
import type { PodBoard } from './pod/board.ts';
import { locateArtefact, locateRecording } from './read/download.ts';
import { type ExplainDeps, readExplanation } from './read/explanations.ts';
import { readReplayed } from './read/replayed.ts';
import { readStory } from './read/story.ts';
import { createActionLog } from './routes/action-log.ts';
import { actionRoutes } from './routes/actions.ts';
import { bulkRedriveRoutes } from './routes/bulk-redrive.ts';
import { collectionRoutes } from './routes/collections.ts';
import { countRoutes } from './routes/counts.ts';
import { createDownloads } from './routes/downloads.ts';
import { explainRoutes } from './routes/explain.ts';
import { podRoutes } from './routes/pods.ts';
import { createSendFile } from './routes/send-file.ts';
import { artefactRoutes } from './routes/artefacts.ts';
import { recordingRoutes } from './routes/recording.ts';
import { rowRoutes } from './routes/rows.ts';

interface Deps extends Pick<ExplainDeps, 'sentenceOf'> {
  board: PodBoard;
  /** By this process; a process at the edge asks others instead. */
  actions: Actions;
  ability: Ability;
}

/** The routes of collections, for a process with the role api. */
export function registerRoutes(server: FastifyInstance, parts: Parts, deps: Deps): void {
  registerOverviews(server, parts, deps);
  const { config, connection, logger, metrics, now, reads } = parts;
  const { board, actions: own, sentenceOf } = deps;
  const { summaries } = board;
  const locateDeps = { connection, stream, stagingBucket, recordingsBucket, summaries };
  const actions = config.edge ? askActions(connection, own.notReady) : own;
  const { collections: rows, maxAlertAgeSeconds } = config.rules;
  const policy = { name: 'that of the service', rows, maxAlertAgeSeconds };
  // Some explanations read through all alerts: one at a time is read.
  const explanations = createPlaces(1);
  const downloads = createDownloads(logger, metrics);
  const send = createSendFile({
    presign: createPresigner(),
    urlSeconds: config.recordingUrlSeconds,
    downloads,
  });
  const files = { collection: summaries.get, send, refused: downloads.refused };
  server.register(
    recordingRoutes({
      ...files,
      locate: (summary) => reads(() => locateRecording(locateDeps, summary)),
    }),
  );
  server.register(
    artefactRoutes({
      ...files,
      locate: (summary, name) => reads(() => locateArtefact(locateDeps, summary, name)),
    }),
  );
  const log = createActionLog(logger);
  server.register(
    actionRoutes({
      ...actions,
      isKnown: (id) => summaries.get(id) !== undefined,
      log,
    }),
  );
  server.register(bulkRedriveRoutes({ ...actions, summaries, log, now }));
  server.register(
    explainRoutes({
      explain: (asked) =>
        explanations.take(() =>
          readExplanation({ connection, stream, board, policy, now, sentenceOf }, asked),
        ),
      now,
    }),
  );
}

/** What the index knows. */
function registerOverviews(server: FastifyInstance, parts: Parts, { board, ability }: Deps): void {
  const { config, connection, follower, now, reads } = parts;
  const known = { summaries: board.summaries, lastSequence: follower.lastApplied, now };
  server.register(
    collectionRoutes({
      ...known,
      readStory: (summary) => reads(() => readStory(connection, stream, summary)),
      readReplayed: (summary) => reads(() => readReplayed(connection, stream, summary)),
    }),
  );
  server.register(countRoutes(known));
  server.register(rowRoutes({ rules: config.rules, ability, summaries: board.summaries.all, now }));
  const cooldownOf = (pod: Pod) => board.entry(podSubject(pod)).state.context.cooldown?.until;
  server.register(podRoutes({ ...known, cooldownOf }));
}
