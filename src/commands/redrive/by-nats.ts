import { redrive } from '../../collection/by-hand/redrive.ts';
import { createPodBoard } from '../../collection/pod/board.ts';
import { createPods } from '../../collection/pods.ts';
import { millisOf, timeOf } from '../../events/instant.ts';
import { follow } from '../../log/consume/follow.ts';
import { streamName } from '../../log/streams/definitions.ts';
import { withExistingLog } from '../existing-log.ts';
import type { Redriver } from './redriver.ts';

/** Reads the stream, decides as the service does, and appends the event itself. */
export async function withStream(use: (redriver: Redriver) => Promise<void>): Promise<void> {
  await withExistingLog(async (connection) => {
    const board = createPodBoard();
    const follower = await follow(connection, streamName, {
      filter: 'aw.collection.>',
      apply: board.apply,
      onInterrupted: (error) => process.stderr.write(`reading was interrupted: ${String(error)}\n`),
    });
    try {
      await follower.caughtUp;
      const deps = { board, pods: createPods(connection, streamName, board), now: () => timeOf(Date.now()) };
      const { summaries } = board;
      await use({
        failedSince: (millis) => {
          const { items } = summaries.list({ state: ['failed'], limit: Number.MAX_SAFE_INTEGER });
          const late = items.filter(({ endedAt }) => millisOf(endedAt ?? '') >= millis);
          return Promise.resolve(late.map(({ id }) => id));
        },
        redrive: async (id, why) => {
          const missing = summaries.get(id) === undefined;
          const result = await redrive(deps, id, why);
          if ('refused' in result) return { ...result, missing };
          const { run, stage } = result.redriven.data;
          return { run: `run ${String(run)}, ${stage}` };
        },
      });
    } finally {
      await follower.stop();
    }
  });
}
