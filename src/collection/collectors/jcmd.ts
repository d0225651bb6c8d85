import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import type { Collector, CollectTask } from './collector.ts';
import { leftBehindSeconds, withoutSecrets } from './jfr-start.ts';
import { abortFailure, runProgram } from '../../programs/run-program.ts';
import { shownArgv } from '../../programs/shown-argv.ts';
import type { Spawner } from '../../programs/spawner.ts';

export const listJvms = ['jcmd', '-l'] as const;

/** Which JVM on this machine stands for the pod. */
export type JvmChoice = { mainClass: string } | { pid: number };

/**
 * Records a JVM of this machine by `jcmd`: starts a recording, waits for its duration, dumps it into the attempt's directory,
 * and stops it. The JVM must run as this user.
 */
export function jcmdCollector(choice: JvmChoice, spawner: Spawner): Collector {
  return async (task) => {
    const pid = await findJvm(spawner, choice, task);
    const name = `alert-watcher-${task.collectionId}-${String(task.attempt)}`;
    const file = join(task.directory, 'recording.jfr');
    const start = [
      'JFR.start',
      `name=${name}`,
      'settings=profile',
      `duration=${String(task.durationSeconds + leftBehindSeconds)}s`,
      ...withoutSecrets,
    ];
    await jcmd(spawner, task, pid, start);
    try {
      await waitFor(task);
      await jcmd(spawner, task, pid, ['JFR.dump', `name=${name}`, `filename=${file}`]);
    } finally {
      // Also after an abort: the JVM must not record on.
      const signal = AbortSignal.timeout(5_000);
      await jcmd(spawner, { ...task, signal }, pid, ['JFR.stop', `name=${name}`]).catch(() => undefined);
    }
    return { file, argv: shownArgv(['jcmd', String(pid), ...start]) };
  };
}

/** Also where the pid is given: attaching to a process that is no JVM would end it (SIGQUIT). */
async function findJvm(spawner: Spawner, choice: JvmChoice, task: CollectTask): Promise<number> {
  const { directory: cwd, signal } = task;
  const { stdout } = await runProgram(spawner, listJvms, { cwd, signal });
  const running = stdout.split('\n').map((line) => line.split(' '));
  const isChosen = ([pid, main]: string[]) =>
    'pid' in choice ? pid === String(choice.pid) : main === choice.mainClass;
  const pids = running.filter(isChosen).map(([pid]) => Number(pid));
  if (pids[0] !== undefined && pids.length === 1) return pids[0];
  const found = pids.length === 0 ? 'no JVM' : `${String(pids.length)} JVMs`;
  const wanted = 'pid' in choice ? `pid ${String(choice.pid)}` : `main class ${choice.mainClass}`;
  throw new AttemptFailed('jvm-not-found', `${found} with ${wanted} on this machine (jcmd -l)`);
}

async function jcmd(spawner: Spawner, task: CollectTask, pid: number, command: string[]): Promise<void> {
  const { directory: cwd, signal } = task;
  const { stdout } = await runProgram(spawner, ['jcmd', String(pid), ...command], { cwd, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof AttemptFailed) || error.code !== 'collector-exited') throw error;
      throw new AttemptFailed('jvm-refused', `JVM ${String(pid)} refused ${command[0] ?? ''}`, error.details);
    },
  );
  // jcmd ends with 0 also where the JVM could not do it.
  const answered = stdout.split('\n').slice(1).join('\n');
  if (!/Started recording|Dumped recording|Stopped recording/.test(answered)) {
    throw new AttemptFailed(
      'jvm-refused',
      `JVM ${String(pid)} did not do ${command[0] ?? ''}: ${answered.trim()}`,
    );
  }
}

async function waitFor({ durationSeconds, signal }: CollectTask): Promise<void> {
  await delay(durationSeconds * 1_000, undefined, { signal }).catch(() => {
    throw abortFailure(signal);
  });
}
