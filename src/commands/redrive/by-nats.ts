import { redrive } from '../../collection/by-hand/redrive.ts';
import { createPodBoard } from '../../collection/pod/board.ts';
import { createPods } from '../../collection/pods.ts';
import { timeOf } from '../../events/instant.ts';
import { follow } from '../../log/consume/follow.ts';
import { streamName } from '../../log/streams/definitions.ts';
import { withExistingLog } from '../existing-log.ts';
import { idsSince, type Redriver } from './redriver.ts';

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
        failed: ({ failedSinceMs, ...match }) => {
          const { items } = summaries.list({ ...match, state: ['failed'], limit: Number.MAX_SAFE_INTEGER });
          return Promise.resolve(idsSince(items, failedSinceMs));
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
