import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { millisOf } from '../../../events/instant.ts';
import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { CollectedArtefact } from '../collector.ts';
import type { Cockpit } from './flight.ts';
import type { RunningContainer } from './pod.ts';
import { bringFile } from './transfer.ts';

/** What the JVM before this one left. */
export interface Left {
  artefacts: CollectedArtefact[];
  notes: string[];
}

type Kind = CollectedArtefact['kind'];

/** As HotSpot names them, in the directory that it runs in unless it was told otherwise. */
const kinds: [pattern: string, ending: string, kind: Kind][] = [
  ['hs_err_pid*.log', '.log', 'crash-log'],
  ['hs_*_pid*.jfr', '.jfr', 'crash-recording'],
  ['*.hprof', '.hprof', 'heap-dump'],
];
const maxFiles = 8;
const maxListingBytes = 256 * 1024;
const maxLogLines = 5_000;
/** Written before the container ended, by a clock that may be another one; a heap dump takes its time. */
const writtenBeforeMinutes = 10;

/**
 * Takes what a crashed JVM left: the end of its container's log, and its files where a volume kept them. Fails nothing: what is
 * there and was not taken is noted. Within `artefactSeconds`. Throws AttemptFailed only where the attempt is aborted.
 */
export async function takeLeft(cockpit: Cockpit, container: RunningContainer): Promise<Left> {
  const { task, options } = cockpit;
  const left: Left = { artefacts: [], notes: [] };
  const signal = AbortSignal.any([task.signal, AbortSignal.timeout(options.artefactSeconds * 1_000)]);
  const bounded = { ...cockpit, kubectl: cockpit.kubectl.within(signal) };
  const attempt = async (what: string, take: () => Promise<void>) => {
    await take().catch((error: unknown) => {
      if (task.signal.aborted || !(error instanceof AttemptFailed)) throw error;
      const why = signal.aborted ? `not within ${String(options.artefactSeconds)} s` : error.message;
      left.notes.push(`${what}: ${why}`);
    });
  };
  // A pod that was made anew has no such log, and perhaps the volumes of the one before.
  if (options.previousLogBytes > 0 && container.terminated)
    await attempt('log of the container before', () => takeLog(bounded, container, left));
  if (options.maxArtefactBytes === 0) return left;
  let files: LeftFile[] = [];
  await attempt('crash files', async () => {
    files = await findFiles(bounded, container);
  });
  for (const [index, { kind, name, bytes, path }] of files.slice(0, maxFiles).entries()) {
    await attempt(name, async () => {
      if (bytes > options.maxArtefactBytes)
        throw new AttemptFailed('unexpected', `${String(bytes)} bytes are more than maxArtefactBytes`);
      const to = join(task.directory, `left-${String(index)}`);
      await bringFile(bounded.kubectl, cockpit.place.container, path, to);
      left.artefacts.push({ kind, name, file: to });
    });
  }
  const more = files.length - maxFiles;
  if (more > 0) left.notes.push(`${String(more)} more crash files: at most ${String(maxFiles)} are taken`);
  return left;
}

async function takeLog({ kubectl, task, options }: Cockpit, { name }: RunningContainer, { artefacts }: Left) {
  const file = join(task.directory, 'previous.log');
  const limits = [`--tail=${String(maxLogLines)}`, `--limit-bytes=${String(options.previousLogBytes)}`];
  const args = [`--container=${name}`, '--previous', '--timestamps', ...limits];
  await kubectl.run(['logs'], args, { stdoutTo: file });
  const { size } = await stat(file);
  if (size > 0) artefacts.push({ kind: 'previous-log', name: `${name}-previous.log`, file });
}

interface LeftFile {
  kind: Kind;
  name: string;
  path: string;
  bytes: number;
}

async function findFiles(
  { kubectl, task, options, place }: Cockpit,
  container: RunningContainer,
): Promise<LeftFile[]> {
  const endedMs = millisOf(container.terminated?.finishedAt ?? container.startedAt);
  const minutes = Math.ceil((Date.now() - endedMs) / 60_000) + writtenBeforeMinutes;
  const directories = [...options.directories, ...options.crashDirectories].map(
    (each) => `${place.root}${each}`,
  );
  const names = kinds.flatMap(([pattern], index) => [...(index === 0 ? [] : ['-o']), '-name', pattern]);
  const look = ['-maxdepth', '1', '-type', 'f', '-mmin', `-${String(minutes)}`, '(', ...names, ')'];
  const starts = [`/proc/${String(place.pid)}/cwd/`, ...directories];
  // find fails where one of them is not there, and has found the rest all the same.
  const listing = join(task.directory, 'left.txt');
  const argv = ['find', ...starts, ...look, '-exec', 'ls', '-ln', '{}', ';'];
  await kubectl.exec(place.container, argv, { stdoutTo: listing }).catch((error: unknown) => {
    if (!(error instanceof AttemptFailed) || error.code !== 'collector-exited') throw error;
  });
  const lines = (await text(createReadStream(listing, { end: maxListingBytes }))).split('\n');
  const files = lines.flatMap(fileOf).filter(({ name }) => !name.startsWith('alert-watcher-'));
  // The working directory may be one of the others.
  return files.filter(
    (file, index) =>
      files.findIndex(({ name, bytes }) => name === file.name && bytes === file.bytes) === index,
  );
}

/** A line of `ls -ln`, of any make. */
function fileOf(line: string): LeftFile[] {
  const [, bytes, path] = /^-\S*\s+\d+\s+\S+\s+\S+\s+(\d+)\s[^/]*(\/.+)$/.exec(line) ?? [];
  if (bytes === undefined || path === undefined) return [];
  const name = basename(path);
  const kind = kinds.find(([, ending]) => name.endsWith(ending))?.[2];
  return kind ? [{ kind, name, path, bytes: Number(bytes) }] : [];
}
