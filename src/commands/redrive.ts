import { Command, InvalidArgumentError } from 'commander';
import { userInfo } from 'node:os';
import { createPodBoard } from '../collection/pod/board.ts';
import type { ByHandDeps } from '../collection/by-hand/by-hand.ts';
import { createPods } from '../collection/pods.ts';
import { redrive } from '../collection/by-hand/redrive.ts';
import { millisOf, timeOf } from '../events/instant.ts';
import { streamName } from '../log/streams/definitions.ts';
import { follow } from '../log/consume/follow.ts';
import { timeArgument } from './terminal/arguments.ts';
import { withExistingLog } from './existing-log.ts';
import { printable } from '../telemetry/printable.ts';

interface Options {
  failedSince?: string;
  by: string;
  reason: string;
}

export const redriveCommand = new Command('redrive')
  .description(
    'start failed collections again at the stage that failed, as a new run; a running service does the work',
  )
  .argument('[collection]', 'id of the collection')
  .option('--failed-since <time>', 'all that failed since then: RFC 3339, or 90m, 12h, 7d ago', timeArgument)
  .option('--by <name>', 'who asks for it; it stands in the event', userInfo().username)
  .option('--reason <text>', 'why; it stands in the event', 'redriven by an operator')
  .action(async (collection: string | undefined, { failedSince, by, reason }: Options) => {
    if ((collection === undefined) === (failedSince === undefined)) {
      throw new InvalidArgumentError('name a collection, or --failed-since, and not both');
    }
    await withBoard(async (deps) => {
      const ids = collection === undefined ? failedIds(deps, millisOf(failedSince ?? '')) : [collection];
      let refusals = 0;
      for (const id of ids) {
        const result = await redrive(deps, id, { by, reason });
        if ('refused' in result) refusals += 1;
        const outcome = 'refused' in result ? `refused: ${result.refused}` : `run ${String(result.redriven.data.run)}, ${result.redriven.data.stage}`; // prettier-ignore
        process.stdout.write(`${printable(id)} ${outcome}\n`);
      }
      process.stdout.write(`${String(ids.length - refusals)} of ${String(ids.length)} redriven\n`);
      process.exitCode = refusals === 0 ? 0 : 1;
    });
  });

async function withBoard(use: (deps: ByHandDeps) => Promise<void>): Promise<void> {
  await withExistingLog(async (connection) => {
    const board = createPodBoard();
    const follower = await follow(connection, streamName, {
      filter: 'aw.collection.>',
      apply: board.apply,
      onInterrupted: (error) => process.stderr.write(`reading was interrupted: ${String(error)}\n`),
    });
    try {
      await follower.caughtUp;
      await use({ board, pods: createPods(connection, streamName, board), now: () => timeOf(Date.now()) });
    } finally {
      await follower.stop();
    }
  });
}

function failedIds({ board }: ByHandDeps, sinceMillis: number): string[] {
  const { items } = board.summaries.list({ state: ['failed'], limit: Number.MAX_SAFE_INTEGER });
  return items.filter(({ endedAt }) => millisOf(endedAt ?? '') >= sinceMillis).map(({ id }) => id);
}
