import { execa } from 'execa';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createSpawner, type Spawner } from '../../../src/programs/spawner.ts';
import type { Ablation } from '../ablations.ts';

const programs = 100;
/** As a service with 100,000 pods on its board and webhooks under way. */
const residentBytes = 400 * 1024 * 1024;
const signal = new AbortController().signal;

/** The longest that a webhook would have waited while programs were started one after the other, in milliseconds. */
async function longestPause(start: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  for (let index = 0; index < programs; index += 1) await start();
  delays.disable();
  return delays.percentile(99) / 1e6;
}

/** The small process that starts programs, against starting them from a process as large as the service. */
export function startingPrograms(ends: AsyncDisposableStack): Ablation[] {
  let spawner: Spawner | undefined;
  let memory: Buffer | undefined;
  const ready = async () => {
    // Touched, so that it has page tables: a fork copies these.
    memory ??= Buffer.alloc(residentBytes, 1);
    if (spawner) return spawner;
    const made = createSpawner();
    ends.defer(made.close);
    await made.run(['true'], { cwd: '/', signal });
    return (spawner = made);
  };
  return [
    {
      what: 'spawner: the pause for others (99 of 100) while a program starts, at 400 MiB',
      show: (value) => `${value.toFixed(1)} ms`,
      measure: async () => {
        const own = await ready();
        return {
          own: await longestPause(() => own.run(['true'], { cwd: '/', signal })),
          without: await longestPause(() => execa('true', { cwd: '/' })),
        };
      },
    },
  ];
}
