import { randomBytes } from 'node:crypto';
import { readdir, readlink, rm, rmdir, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Circumstances } from '../../events/data/circumstances.ts';
import type { Recording } from '../../events/data/collection.ts';
import type { CollectTask, ConfiguredCollector } from '../collectors/collector.ts';
import { circumstancesOf } from './circumstances.ts';
import { PermanentlyFailed } from '../../kernel/react/failures.ts';
import type { Collecting } from '../pod/context.ts';
import { assertBegan, openRecording } from './check-recording.ts';
import { timeLimit } from '../../programs/time-limit.ts';
import type { Run } from '../run-events.ts';
import type { Staging } from '../staging/staging.ts';

export interface RecordDeps {
  staging: Staging;
  collectors: ReadonlyMap<string, ConfiguredCollector>;
  /** Every attempt whose collector writes files gets a directory of its own in here. */
  workDir: string;
  /** Aborted, with the failure as its reason, when running work is to be handed back (shutdown). */
  handBack: AbortSignal;
  /** RFC 3339. */
  now: () => string;
}

/**
 * One attempt: runs the collector, verifies what it brought and stages it, unless `wanted` is aborted meanwhile. Leaves
 * nothing behind. Throws AttemptFailed, or PermanentlyFailed where the plan's collector is not configured here.
 */
export async function record(
  deps: RecordDeps,
  work: Run & { state: Collecting },
  attempt: number,
  wanted: AbortSignal,
): Promise<{ recording: Recording; circumstances: Circumstances; argv?: string[] }> {
  const { collectionId, run } = work;
  const { plan } = work.state;
  const collector = deps.collectors.get(plan.collector);
  if (!collector) {
    const known = [...deps.collectors.keys()].join(', ');
    throw new PermanentlyFailed(
      'collector-unknown',
      `no collector ${plan.collector} is configured here (${known})`,
    );
  }
  const directory = directoryIn(deps.workDir);
  const begunAt = deps.now();
  using limit = timeLimit(plan.timeoutSeconds, 'the attempt');
  const signal = AbortSignal.any([limit.signal, deps.handBack, wanted]);
  let collected: string | undefined;
  try {
    const brought = await collector.collect({ ...assignmentOf(work, attempt), directory, signal });
    const { file, argv, simulated = false } = brought;
    collected = file;
    await using recording = await openRecording(file);
    if (!collector.allowEarlierStart) assertBegan(recording.checked, begunAt);
    const ended = AbortSignal.any([deps.handBack, wanted]);
    const ref = { collectionId, run, attempt };
    const circumstances = await circumstancesOf(deps.staging, ref, brought);
    const options = { simulated, circumstances, destination: plan.destination, signal: ended };
    const staged = await deps.staging.put(ref, recording, options);
    return { recording: staged, circumstances, ...(argv ? { argv } : {}) };
  } finally {
    await removeDirectory(directory, collected);
  }
}

/** What an attempt is to record, by the log. */
export function assignmentOf(
  { pod, collectionId, traceparent, state: { plan, trigger } }: Run & { state: Collecting },
  attempt: number,
): Omit<CollectTask, 'directory' | 'signal'> {
  const { durationSeconds } = plan;
  const { startsAt, container, labels } = trigger;
  return {
    ...pod,
    collectionId,
    traceparent,
    durationSeconds,
    labels,
    alert: { startsAt, container },
    attempt,
  };
}

/** Containers that share a volume have the same pids. */
const ofThisHost = `${hostname()}-`;

/** A path for a directory of this process's own; what it leaves there is swept at the next start. */
export function directoryIn(workDir: string): string {
  return join(workDir, `${ofThisHost}${String(process.pid)}-${randomBytes(6).toString('hex')}`);
}

/** Mostly there is the recording and nothing else: that takes two calls, and `rm` eight. */
async function removeDirectory(directory: string, file: string | undefined): Promise<void> {
  if (file !== undefined && dirname(file) === directory) await unlink(file).catch(() => undefined);
  await rmdir(directory).catch((error: unknown) => {
    // Its collector writes nothing.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return rm(directory, { recursive: true, force: true });
  });
}

/**
 * Removes what attempts of killed processes left: directories whose process is gone, or had our own pid, and the programs
 * that still work in them: those whose spawner was killed, too. Nobody waits for them any more, and one that hangs would
 * stay for ever.
 */
export async function sweepWorkDir(workDir: string): Promise<void> {
  const names = await readdir(workDir).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(ofThisHost))) {
    const pid = Number.parseInt(name.slice(ofThisHost.length), 10);
    if (pid !== process.pid && isRunning(pid)) continue;
    const directory = join(resolve(workDir), name);
    await endProgramsIn(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

async function endProgramsIn(directory: string): Promise<void> {
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const cwd = await readlink(`/proc/${entry}/cwd`).catch(() => '');
    if (cwd !== directory && !cwd.startsWith(`${directory}/`)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
