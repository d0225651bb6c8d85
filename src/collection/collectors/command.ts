import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import type { Collector, CollectTask } from './collector.ts';
import { runProgram } from '../../programs/run-program.ts';
import type { Spawner } from '../../programs/spawner.ts';

const suffix = '.jfr';

/** What `{name}` in an argument stands for. */
const placeholders: Record<string, (task: CollectTask) => string> = {
  kubeContext: (task) => task.kubeContext,
  namespace: (task) => task.namespace,
  pod: (task) => task.pod,
  sts: (task) => task.sts ?? '',
  durationSeconds: (task) => String(task.durationSeconds),
  collectionId: (task) => task.collectionId,
  attempt: (task) => String(task.attempt),
};

export const placeholderNames = Object.keys(placeholders);

/** Any `{name}` in an argument that is no placeholder. */
export function unknownPlaceholders(
  command: readonly string[],
  known: readonly string[] = placeholderNames,
): string[] {
  const used = command.flatMap((argument) =>
    [...argument.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  );
  return used.filter((name) => !known.includes(name));
}

/**
 * Runs a program that makes the recording, such as `hemako jfr collect`. Each argument is filled in by itself: a label's
 * value never becomes a second argument. The recording is the path that the program names last on stdout, else the one
 * `*.jfr` that appeared in its directory.
 */
export function commandCollector(command: readonly string[], spawner: Spawner): Collector {
  return async (task) => {
    const argv = command.map((argument) => fill(argument, task));
    const { directory: cwd, signal, traceparent } = task;
    const env = traceparent === undefined ? undefined : { TRACEPARENT: traceparent };
    const { stdout, stderr } = await runProgram(spawner, argv, { cwd, env, signal });
    const file = (await namedOn(stdout, task.directory)) ?? (await appearedIn(task.directory));
    if (file) return { file };
    throw new AttemptFailed('recording-missing', `${argv[0] ?? ''} succeeded but left no recording`, {
      exitCode: 0,
      stderrTail: stderr,
    });
  };
}

function fill(argument: string, task: CollectTask): string {
  return argument.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(placeholders, name) ? (placeholders[name]?.(task) ?? whole) : whole,
  );
}

/** Words that are a path to a recording up to a point: `written to /tmp/x.jfr.` By hand: a pattern that tries each of 64 KiB as a beginning takes 11 s. */
function pathsIn(text: string): string[] {
  return text.split(/[\s"'`=]/).flatMap((word) => {
    let at = word.lastIndexOf(suffix);
    while (at > 0 && /\w/.test(word[at + suffix.length] ?? '')) at = word.lastIndexOf(suffix, at - 1);
    return at > 0 ? [word.slice(0, at + suffix.length)] : [];
  });
}

async function namedOn(stdout: string, directory: string): Promise<string | undefined> {
  for (const path of pathsIn(stdout).reverse()) {
    const file = isAbsolute(path) ? path : join(directory, path);
    if (await isFile(file)) return file;
  }
  return undefined;
}

async function appearedIn(directory: string): Promise<string | undefined> {
  const found = (await readdir(directory)).filter((name) => name.endsWith('.jfr'));
  if (found.length > 1) {
    throw new AttemptFailed(
      'recording-missing',
      `${String(found.length)} recordings appeared: which one is it?`,
    );
  }
  return found[0] === undefined ? undefined : join(directory, found[0]);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
