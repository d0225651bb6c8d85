import { needsReadModel } from '../config/config.ts';
import type { Feature, Parts } from '../feature.ts';
import { createPlaces } from '../kernel/places.ts';
import { createDecider } from '../kernel/decide/decider.ts';
import { BoardLags, createBoard } from '../kernel/fold/board.ts';
import { streamName as stream } from '../log/streams/definitions.ts';
import { createTail } from '../log/consume/tail.ts';
import { createAbility, noAbility } from './able/ability.ts';
import { detailsOf } from './able/details.ts';
import { type Actions, answerActions } from './by-hand/actions.ts';
import { cancel } from './by-hand/cancel.ts';
import { redrive } from './by-hand/redrive.ts';
import { start } from './by-hand/start.ts';
import { createPolicy } from './intake/policy.ts';
import { watchBoard } from './metrics.ts';
import { podAggregate } from './pod/aggregate.ts';
import { createPodBoard, type PodBoard } from './pod/board.ts';
import { createPods } from './pods.ts';
import { collectionReactors } from './reactors.ts';
import type { ExplainDeps } from './read/explanations.ts';
import { readStory } from './read/story.ts';
import { openWaiting, type WaitingDeps } from './read/waiting.ts';
import { searchSummaries } from './read/search.ts';
import { registerRoutes } from './routes.ts';
import { targetsAggregate } from './targets/aggregate.ts';

/** Reads of the stream at once, for all who wait, so that webhooks are not held up. */
const concurrentReads = 2;

export interface CollectionFeature extends Feature {
  board: PodBoard;
  /** What requests that wait for the end of their alerts need. It throws what passes by itself. */
  openWaiting: () => ReturnType<typeof openWaiting>;
}

/** Recordings of pods: decided, collected, uploaded, asked for by hand, explained. */
export function collectionFeature(
  parts: Parts,
  { readEarlier, sentenceOf }: Pick<WaitingDeps, 'readEarlier'> & Pick<ExplainDeps, 'sentenceOf'>,
): CollectionFeature {
  const { config, connection, logger, metrics } = parts;
  const board = createPodBoard({
    onUnreadable: ({ subject, sequence }, reason) =>
      logger.warn({ subject, sequence }, `not folded: ${reason}`),
  });
  if (needsReadModel(config.roles)) watchBoard(metrics, board);
  const pods = createPods(connection, stream, board);
  const searches = createBoard(targetsAggregate);
  const statefulSets = createDecider({ connection, stream, board: searches }, targetsAggregate);
  const ability = config.roles.includes('collect') ? createAbility(config.rules, parts) : noAbility;
  const byHand = { board, pods, now: parts.now };
  const actions: Actions = {
    start: (request) => start({ ...byHand, connection, rows: config.rules.collections }, request),
    redrive: (id, why) => redrive(byHand, id, why),
    cancel: (id, why) => cancel(byHand, id, why),
    notReady: () => (parts.follower.isCaughtUp() ? undefined : 'the log is still being read'),
  };
  return {
    board,
    folds: [
      { aggregate: podAggregate, board },
      { aggregate: targetsAggregate, board: searches },
    ],
    ...collectionReactors(parts, { board, pods, searches, statefulSets, ability }),
    routes: (server) => {
      if (config.roles.includes('api'))
        registerRoutes(server, parts, { board, actions, sentenceOf, ability });
    },
    search: (sought) => Promise.resolve(searchSummaries(board.summaries.all(), sought)),
    details: () => detailsOf(config.rules.collections, ability.known()),
    answerEdge: (onError) => answerActions(connection, actions, onError),
    openWaiting: waitingOf(parts, board, readEarlier),
  };
}

function waitingOf(
  { config, connection, follower, logger }: Parts,
  board: PodBoard,
  readEarlier: WaitingDeps['readEarlier'],
) {
  const tail = createTail(connection, stream, (err) =>
    logger.warn({ err }, 'reading decisions was interrupted; resuming where it stopped'),
  );
  const policy = createPolicy(config.rules.collections);
  const places = createPlaces(concurrentReads);
  return async () => {
    if (!follower.isCaughtUp()) throw new BoardLags('the log is still being read');
    return openWaiting({
      ...{ board, tail, policy },
      readEarlier: (alerts) => places.take(() => readEarlier(alerts)),
      readStory: (summary) => places.take(() => readStory(connection, stream, summary)),
    });
  };
}
