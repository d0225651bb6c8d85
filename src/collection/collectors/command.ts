import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { own } from '../../events/own.ts';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import type { Collector, CollectTask } from './collector.ts';
import { filledIn, type Filling, labelsIn } from './placeholders.ts';
import { runProgram } from '../../programs/run-program.ts';
import { mask } from '../../programs/secrets.ts';
import { shownArgv } from '../../programs/shown-argv.ts';
import type { Spawner } from '../../programs/spawner.ts';

const suffix = '.jfr';

interface CommandOptions {
  command: readonly string[];
  /** True: events name the program only. */
  hideArguments?: boolean;
}

/**
 * Runs a program that makes the recording, such as `hemako jfr collect`. Each argument is filled in by itself: a label's
 * value never becomes a second argument. The recording is the path that the program names last on stdout, else the one
 * `*.jfr` that appeared in its directory.
 */
export function commandCollector(config: CommandOptions, spawner: Spawner): Collector {
  const { command } = config;
  return async (task) => {
    failIfLacking(command, task);
    const argv = filledIn(command, task);
    const { directory: cwd, signal } = task;
    const shown = commandArgv(config, task);
    const { stdout, stderr } = await runProgram(spawner, argv, {
      cwd,
      env: variablesOf(task),
      shown,
      signal,
    });
    const file = (await namedOn(stdout, task.directory)) ?? (await appearedIn(task.directory));
    if (file) return { file };
    throw new AttemptFailed('recording-missing', `${argv[0] ?? ''} succeeded but left no recording`, {
      exitCode: 0,
      stderrTail: stderr,
      argv: shown,
    });
  };
}

/** Its command line, as events may show it. */
export function commandArgv({ command, hideArguments }: CommandOptions, filling: Filling): string[] {
  const [program = '', ...rest] = command;
  return hideArguments && rest.length > 0 ? [program, mask] : shownArgv(filledIn(command, filling));
}

/** The configuration of this process may be another one than that which the collection was requested by. */
function failIfLacking(command: readonly string[], { labels = {} }: CollectTask): void {
  const lacking = labelsIn(command).find((label) => own(labels, label) === undefined);
  if (lacking === undefined) return;
  throw new AttemptFailed(
    'label-not-requested',
    `the command of this process names {label.${lacking}}, but the collection was requested without it: the configuration has changed since, or differs between processes`,
  );
}

/** Labels as ALERT_LABEL_name: under names of their own, so that none is PATH or LD_PRELOAD. */
function variablesOf({ labels = {}, traceparent }: CollectTask): Record<string, string> {
  const ofLabels = Object.entries(labels).map(([name, value]) => [`ALERT_LABEL_${name}`, value] as const);
  return {
    ...Object.fromEntries(ofLabels),
    ...(traceparent === undefined ? {} : { TRACEPARENT: traceparent }),
  };
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
