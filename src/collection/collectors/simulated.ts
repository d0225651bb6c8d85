import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import { type Collector, type CollectTask, inDirectory } from './collector.ts';
import { abortFailure } from '../../programs/run-program.ts';

/** How the simulation behaves; without options every attempt succeeds after the duration. */
export interface Simulation {
  /** The first so many attempts of a run fail. */
  failTimes?: number;
  /** Never comes to an end by itself. */
  hang?: boolean;
  /** Hands out half the sample. */
  truncate?: boolean;
  /** How long an attempt takes; default: the duration of the recording. */
  tookSeconds?: number;
}

const sample = fileURLToPath(new URL('sample.jfr', import.meta.url));
const forEver = 2 ** 31 - 1;

/**
 * Hands out a sample instead of recording anything, for demos and for trying retries. The sample is a real recording of
 * a small JVM, made without environment, properties, command line and process list (see docs/configuration.md).
 */
export function simulatedCollector(simulation: Simulation = {}): Collector {
  const { failTimes = 0, hang = false, truncate = false, tookSeconds } = simulation;
  return async (task) => {
    await pause(task, hang ? forEver : (tookSeconds ?? task.durationSeconds) * 1_000);
    if (task.attempt <= failTimes) {
      throw new AttemptFailed(
        'collector-exited',
        `simulated: attempt ${String(task.attempt)} fails as it was told to`,
        {
          exitCode: 1,
        },
      );
    }
    return truncate ? handOutHalf(task) : { file: sample, simulated: true };
  };
}

const handOutHalf = inDirectory(async ({ directory }) => {
  const bytes = await readFile(sample);
  const file = join(directory, 'simulated.jfr');
  await writeFile(file, bytes.subarray(0, bytes.length / 2));
  return { file, simulated: true };
});

async function pause({ signal }: CollectTask, millis: number): Promise<void> {
  await delay(millis, undefined, { signal }).catch(() => {
    throw abortFailure(signal);
  });
}
