import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { own } from '../../events/own.ts';
import type { StatefulSet } from '../../events/subjects.ts';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import { runProgram } from '../../programs/run-program.ts';
import { shownArgv } from '../../programs/shown-argv.ts';
import type { Spawner } from '../../programs/spawner.ts';
import type { FoundPods } from '../targets/pods.ts';
import { filledBy, namesIn } from './placeholders.ts';

/** A StatefulSet whose pods are looked for. */
export interface TargetsTask extends StatefulSet {
  /** An existing directory that programs run in. */
  directory: string;
  traceparent?: string | undefined;
  /** Aborted at the time-out of the attempt, or when its work is handed back. Nothing may run on after that. */
  signal: AbortSignal;
}

/**
 * One way of finding the pods of a StatefulSet. Throws AttemptFailed (another attempt may succeed) or PermanentlyFailed. Ends
 * what it started before it settles.
 */
export type TargetsFinder = (task: TargetsTask) => Promise<FoundPods>;

const dnsSubdomain = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
/** What a program prints is as hostile as a label, and goes the same ways. */
const maxNames = 1_000;
const maxPrinted = 262_144;

/** True for what Kubernetes may call a pod. */
export function isPodName(name: string): boolean {
  return name.length <= 253 && dnsSubdomain.test(name);
}

const placeholders: Record<string, (task: TargetsTask) => string> = {
  kubeContext: ({ kubeContext }) => kubeContext,
  namespace: ({ namespace }) => namespace,
  sts: ({ sts }) => sts,
};

export const targetsPlaceholders = Object.keys(placeholders);

/** Any `{name}` in an argument that is no placeholder here. */
export function unknownTargetsPlaceholders(command: readonly string[]): string[] {
  return namesIn(command).filter((name) => !Object.hasOwn(placeholders, name));
}

/**
 * Runs a program that prints the names of pods, separated by white space. `pod/` before a name is left away: so `kubectl get
 * --output=name` prints them. Throws AttemptFailed targets-not-found where it prints none, targets-unreadable where it prints
 * what cannot be a name.
 */
export function commandFinder(command: readonly string[], spawner: Spawner): TargetsFinder {
  return async (task) => {
    const { directory: cwd, signal, traceparent } = task;
    const argv = filledBy(command, (name) => own(placeholders, name)?.(task));
    const env = traceparent === undefined ? undefined : { TRACEPARENT: traceparent };
    const file = join(cwd, 'printed');
    const { stderr: stderrTail } = await runProgram(spawner, argv, { cwd, env, stdoutTo: file, signal });
    const printed = await printedIn(file);
    const names = printedNames(printed ?? '');
    const program = argv[0] ?? '';
    const details = { argv: shownArgv(argv), stderrTail };
    const odd = names.find((name) => !isPodName(name));
    if (odd !== undefined)
      throw new AttemptFailed('targets-unreadable', `${program} printed ${JSON.stringify(odd.slice(0, 100))}, which cannot be the name of a pod`, details); // prettier-ignore
    if (printed === undefined || names.length > maxNames)
      throw new AttemptFailed('targets-unreadable', `${program} printed more than ${String(maxNames)} names`, details); // prettier-ignore
    if (names.length === 0) throw new AttemptFailed('targets-not-found', `${program} printed no name of a pod`, details); // prettier-ignore
    return { pods: names.sort(byNumber), leftOut: [] };
  };
}

/** All of it, or undefined where that is too much: a name that is cut is another pod. */
async function printedIn(file: string): Promise<string | undefined> {
  const { size } = await stat(file);
  const printed = size > maxPrinted ? undefined : await readFile(file, 'utf8');
  await rm(file);
  return printed;
}

function printedNames(printed: string): string[] {
  const words = printed.split(/\s+/).filter((word) => word !== '');
  return [...new Set(words.map((word) => word.replace(/^pods?\//, '')))];
}

/** `crate-2` before `crate-10`. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
