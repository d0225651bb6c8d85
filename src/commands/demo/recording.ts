import { execa } from 'execa';
import { hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkRecording } from '../../collection/collect/check-recording.ts';
import type { Event } from '../../events/envelope.ts';
import type { Connection } from '../../log/connection.ts';
import { recordingsBucket } from '../../log/streams/definitions.ts';
import { readObject } from '../../log/objects/store.ts';
import { DemoFailed } from './failed.ts';
import { missingPrograms } from './programs.ts';
import type { Screen } from './screen.ts';

export interface ShowOptions {
  screen: Screen;
  signal: AbortSignal;
  /** Where the file is put. */
  directory: string;
}

/** Reads an uploaded recording from the object store, verifies it against its event, and shows what is in it. */
export async function showRecording(
  connection: Connection,
  { data }: Event<'Uploaded'>,
  { screen, signal, directory }: ShowOptions,
): Promise<void> {
  const place = `object-store://${recordingsBucket}/`;
  if (!data.url.startsWith(place))
    throw new DemoFailed(`the recording is not in ${place}, but at ${data.url}`);
  const file = join(directory, 'recording.jfr');
  const object = readObject(connection, recordingsBucket, data.url.slice(place.length));
  await pipeline(object, createWriteStream(file), { signal });
  const { bytes, chunks, durationMs, jfrVersion } = await checkRecording(file);
  const sha256 = hash('sha256', await readFile(file));
  if (sha256 !== data.sha256 || bytes !== data.bytes) {
    throw new DemoFailed(`what was uploaded is not what was read back: sha256 ${data.sha256}, ${sha256}`);
  }
  const chunksOf = `${String(chunks)} ${chunks === 1 ? 'chunk' : 'chunks'} of JFR ${jfrVersion}`;
  screen.line(`${String(bytes)} bytes, ${chunksOf}, ${(durationMs / 1_000).toFixed(1)} s: a valid recording`);
  screen.line(`sha256 ${sha256}: the one in the event`);
  await summarize(file, screen, signal);
}

const summaryLines = 12;

async function summarize(file: string, screen: Screen, signal: AbortSignal): Promise<void> {
  if ((await missingPrograms(['jfr'])).length > 0) {
    screen.line('(jfr of a JDK would tell what is in it: jfr summary FILE)');
    return;
  }
  const result = await execa('jfr', ['summary', file], {
    stdin: 'ignore',
    reject: false,
    timeout: 20_000,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.failed) throw new DemoFailed(`jfr cannot read the recording: ${result.stderr}`);
  screen.line('jfr summary:');
  const meaningful = result.stdout.split('\n').filter((line) => line.trim() !== '' && !/^=+$/.test(line));
  for (const line of meaningful.slice(0, summaryLines)) screen.line(` ${line.trimEnd()}`);
}
