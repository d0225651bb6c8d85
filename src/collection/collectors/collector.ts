import { mkdir } from 'node:fs/promises';
import type { Jvm } from '../../events/data/circumstances.ts';
import type { Pod } from '../../events/subjects.ts';
import type { Filling } from './placeholders.ts';

/** What is to be recorded, and where the file may be written. */
export interface CollectTask extends Pod {
  collectionId: string;
  sts?: string;
  durationSeconds: number;
  /** Labels of the alert that the plan names, each plainly a name. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Of the alert that asked for it. */
  alert?: { startsAt: string; container?: string | undefined };
  /** W3C traceparent of the attempt, for programs that trace: they get it as TRACEPARENT. */
  traceparent?: string | undefined;
  /** Counts from 1. */
  attempt: number;
  /** Path for a directory of this attempt's own, see `inDirectory`; removed afterwards with all that is in it. */
  directory: string;
  /** Aborted at the time-out of the attempt, or when its work is handed back. Nothing may run on after that. */
  signal: AbortSignal;
}

/** The file that a collector brought. It is verified by whoever asked for it. */
export interface Collected {
  file: string;
  /** True: a sample, and not a recording of the pod. */
  simulated?: true;
  /** The command line that started the recording, as events may show it, where it was not known before. */
  argv?: string[];
  /** Which JVM it is of, where the collector knows. */
  jvm?: Jvm;
  /** What else it brought: what a crashed JVM left. */
  artefacts?: CollectedArtefact[];
  /** What it could not bring, and why, for people. */
  notes?: string[];
}

/** A file beside the recording. */
export interface CollectedArtefact {
  kind: 'previous-log' | 'crash-log' | 'crash-recording' | 'heap-dump';
  /** As it was called in the pod, without its directory; hostile. */
  name: string;
  file: string;
}

/**
 * One way of getting a recording. Resolves to the file, or throws AttemptFailed (another attempt may succeed) or
 * PermanentlyFailed. Ends what it started before it settles.
 */
export type Collector = (task: CollectTask) => Promise<Collected>;

/** A collector as it is configured. */
export interface ConfiguredCollector {
  collect: Collector;
  /** The command line that an attempt begins with, as events may show it; undefined: it runs no program. */
  argvOf: (filling: Filling) => string[] | undefined;
  /** False: it makes a new recording each time, so that one which began before its attempt is another one. */
  allowEarlierStart: boolean;
}

/** A collector that finds its task's directory there, empty. One that writes nothing spares the file system the work. */
export function inDirectory(collector: Collector): Collector {
  return async (task) => {
    await mkdir(task.directory, { recursive: true, mode: 0o700 });
    return collector(task);
  };
}
