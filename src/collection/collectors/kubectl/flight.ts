import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { CollectTask } from '../collector.ts';
import { shownArgv } from '../../../programs/shown-argv.ts';
import { leftBehindSeconds, withoutSecrets } from '../jfr-start.ts';
import type { Kubectl } from './kubectl.ts';
import type { KubectlOptions } from './options.ts';
import type { JcmdPlace } from './place.ts';
import { requireRoom } from './room.ts';

/** A recording in a JVM of a pod. */
export interface Flight {
  name: string;
  /** Where the JVM writes it at its end, in the JVM's file system. */
  file: string;
  /** The command line that started it, as events may show it. */
  argv: string[];
}

export interface Cockpit {
  kubectl: Kubectl;
  task: CollectTask;
  options: KubectlOptions;
  place: JcmdPlace;
}

/** The recordings of a collection's attempts, each with its own name. */
export function flightName({ collectionId, attempt }: CollectTask): string {
  return `alert-watcher-${collectionId}-${String(attempt)}`;
}

/**
 * Starts the recording in the first directory that has room and that the JVM can write to. It ends by itself a minute after
 * its time, should nobody stop it. Throws AttemptFailed: pod-disk-full, pod-not-writable, jvm-refused.
 */
export async function startFlight(cockpit: Cockpit): Promise<Flight> {
  const { kubectl, task, options, place } = cockpit;
  const name = flightName(task);
  const repository = await usedRepository(cockpit);
  const refusals: AttemptFailed[] = [];
  for (const directory of options.directories) {
    const file = `${directory.replace(/\/$/, '')}/${name}.jfr`;
    try {
      // The chunks, and the file that they are copied to.
      await requireRoom(kubectl, place, directory, 2 * options.maxBytes);
      if (repository === undefined) await jcmd(cockpit, ['JFR.configure', `repositorypath=${directory}`]);
      const start = ['JFR.start', ...startOptions(options, task, name, file)];
      await jcmd(cockpit, start, /Started recording/);
      return { name, file, argv: shownArgv(kubectl.execArgv(place.container, jcmdArgv(place, start))) };
    } catch (error) {
      if (!(error instanceof AttemptFailed) || !ofDirectory(error)) throw error;
      refusals.push(error);
    }
  }
  const message = refusals.map((each, at) => `${options.directories[at] ?? ''}: ${each.message}`).join('; ');
  const isFull = refusals.some(({ code }) => code === 'pod-disk-full');
  throw new AttemptFailed(isFull ? 'pod-disk-full' : 'pod-not-writable', `no directory takes it: ${message}`);
}

/** Where the JVM keeps chunks, where it does already: it stays there. Throws AttemptFailed where it has too little room. */
async function usedRepository(cockpit: Cockpit): Promise<string | undefined> {
  const { kubectl, options, place } = cockpit;
  const [, repository] = /^Repository path: (\/.*)$/m.exec(await jcmd(cockpit, ['JFR.configure'])) ?? [];
  if (repository === undefined) return undefined;
  try {
    await requireRoom(kubectl, place, repository, options.maxBytes);
    return repository;
  } catch (error) {
    // Somebody tidied it away.
    if (error instanceof AttemptFailed && error.code === 'pod-not-writable') return undefined;
    throw error;
  }
}

function startOptions(options: KubectlOptions, task: CollectTask, name: string, file: string): string[] {
  return [
    `name=${name}`,
    'settings=profile',
    `duration=${String(Math.ceil(task.durationSeconds) + leftBehindSeconds)}s`,
    `filename=${file}`,
    `maxsize=${String(options.maxBytes)}`,
    ...(options.includeSecrets ? [] : withoutSecrets),
  ];
}

/** True where another directory may do. */
function ofDirectory({ code, message }: AttemptFailed): boolean {
  return (
    code === 'pod-disk-full' ||
    code === 'pod-not-writable' ||
    (code === 'jvm-refused' && /not able to write|repository|Read-only file system/i.test(message))
  );
}

/** Ends the recording; the JVM has written its file then. Throws AttemptFailed: jvm-refused, pod-disk-full. */
export async function stopFlight(cockpit: Cockpit, { name }: Flight): Promise<void> {
  await jcmd(cockpit, ['JFR.check', `name=${name}`], /\(running\)/);
  await jcmd(cockpit, ['JFR.stop', `name=${name}`], /Stopped recording/);
}

/** Stops what earlier attempts of this collection, whose process was killed, left running. */
export async function stopEarlier(cockpit: Cockpit): Promise<void> {
  const { task } = cockpit;
  if (task.attempt === 1) return;
  const running = await jcmd(cockpit, ['JFR.check']);
  for (const [, name = ''] of running.matchAll(/name=(\S+)/g)) {
    if (name.startsWith(`alert-watcher-${task.collectionId}-`))
      await jcmd(cockpit, ['JFR.stop', `name=${name}`]);
  }
}

/** How long the JVM has been up, in milliseconds. */
export async function uptimeMs(cockpit: Cockpit): Promise<number> {
  const [, seconds = 'NaN'] = /^([\d.]+) s$/m.exec(await jcmd(cockpit, ['VM.uptime'])) ?? [];
  return Number(seconds) * 1_000;
}

/** What the JVM answers. jcmd ends with 0 also where the JVM could not do it: `expected` tells. */
export async function jcmd(
  { kubectl, place }: Cockpit,
  command: readonly string[],
  expected?: RegExp,
): Promise<string> {
  const { stdout } = await kubectl.exec(place.container, jcmdArgv(place, command)).catch((error: unknown) => {
    if (!(error instanceof AttemptFailed) || error.code !== 'collector-exited') throw error;
    throw new AttemptFailed('jvm-refused', attachText(place, command, error), error.details);
  });
  const answer = stdout.split('\n').slice(1).join('\n').trim();
  const isRefused = expected ? !expected.test(answer) : /^Could not /m.test(answer);
  if (!isRefused) return answer;
  const code = /No space left/i.test(answer) ? 'pod-disk-full' : 'jvm-refused';
  const hint = /Unknown argument/.test(answer)
    ? ' (before JDK 17 secrets cannot be left out: includeSecrets)'
    : '';
  throw new AttemptFailed(code, `the JVM did not do ${command[0] ?? ''}${hint}: ${answer}`);
}

function jcmdArgv({ jcmd: program, pid }: JcmdPlace, command: readonly string[]): string[] {
  return [program, String(pid), ...command];
}

function attachText(
  { pid, container }: JcmdPlace,
  [command = '']: readonly string[],
  { details }: AttemptFailed,
) {
  const said = details.stderrTail ?? '';
  const what = `jcmd could not attach to JVM ${String(pid)} from the container ${container} for ${command}`;
  if (/Permission denied|Operation not permitted|should be owned|not secure/.test(said))
    return `${what}: kubectl exec runs as another user than the JVM, who is not root`;
  if (/doesn't respond/.test(said)) return `${what}: the JVM does not respond, it may hang`;
  return what;
}
