import { readOutcomesOf } from './collection/read/alert-outcomes.ts';
import { BoardLags } from './kernel/fold/board.ts';
import { createPolicy } from './collection/intake/policy.ts';
import { readStory } from './collection/read/story.ts';
import { openWaiting } from './collection/read/waiting.ts';
import { createPlaces } from './kernel/places.ts';
import type { Connection } from './log/connection.ts';
import { streamName as stream } from './log/streams/definitions.ts';
import { lastMessage } from './log/read.ts';
import { createTail } from './log/consume/tail.ts';
import type { Parts } from './workers.ts';

type WaitingParts = Pick<Parts, 'config' | 'connection' | 'board' | 'follower' | 'logger'>;

/** Reads of the stream at once, for all who wait, so that webhooks are not held up. */
const concurrentReads = 2;

/** What requests that wait for the end of their alerts need of the read model. It throws what passes by itself. */
export function createOpenWaiting({ config, connection, board, follower, logger }: WaitingParts) {
  const tail = createTail(connection, stream, (err) =>
    logger.warn({ err }, 'reading decisions was interrupted; it goes on where it stopped'),
  );
  const policy = createPolicy(config.rules.collections);
  const places = createPlaces(concurrentReads);
  return async () => {
    if (!follower.isCaughtUp()) throw new BoardLags('the log is still being read');
    return openWaiting({
      ...{ board, tail, policy },
      readEarlier: (alerts) => places.take(() => readOutcomesOf({ connection, stream }, alerts)),
      readStory: (summary) => places.take(() => readStory(connection, stream, summary)),
    });
  };
}

/** Looks up the id of the last event under a filter. */
export function findId(connection: Connection) {
  return async (filter: string): Promise<string | undefined> =>
    (await lastMessage(connection, stream, filter))?.header('ce-id') || undefined;
}
