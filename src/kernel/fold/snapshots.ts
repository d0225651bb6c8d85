import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { EventType } from '../../events/catalogue.ts';
import { jsonSchemaOf } from '../../events/envelope.ts';
import { beginningOf } from '../../log/streams/beginning.ts';
import type { Connection } from '../../log/connection.ts';
import { ObjectExists } from '../../log/errors.ts';
import { deleteObject, listObjects, putObject, readObject } from '../../log/objects/store.ts';
import { messageAt } from '../../log/read.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AnyAggregate } from './aggregate.ts';

/** What a snapshot holds, and is loaded into. */
export interface Lines {
  lines: () => Iterable<string>;
  load: (line: string) => void;
  size: () => number;
  forgetBefore: (firstSequence: number) => void;
}

/** The board of an aggregate at a sequence, kept in JetStream: what a start reads instead of the log up to there. */
export interface Snapshots {
  /** Loads the newest one that fits into an empty board. The sequence that it goes up to; 0: there is none. */
  restore: (board: Lines) => Promise<number>;
  /** Keeps the board as it is now, which includes the log up to that sequence, unless a snapshot is nearly as new. */
  save: (board: Lines, sequence: number) => Promise<void>;
}

export interface SnapshotDeps {
  aggregate: AnyAggregate;
  connection: Connection;
  bucket: string;
  stream: string;
  /** A snapshot is worth so many events that need not be read. */
  everyEvents: number;
  logger: Logger;
}

/** The newest and the one before it, which somebody may be reading. */
const kept = 2;
const lineBytesAtOnce = 65_536;
/** Each part is a turn of a thread. */
const textBytesAtOnce = 1024 * 1024;
/** Webhooks are answered in between. */
const linesAtOnce = 5_000;

export function createSnapshots({
  aggregate,
  connection,
  bucket,
  stream,
  everyEvents,
  logger,
}: SnapshotDeps): Snapshots {
  const prefix = `${aggregate.name}/${versionOf(aggregate)}/`;

  /** Newest first. */
  const list = async () => {
    const objects = await listObjects(connection, bucket);
    return objects
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, metadata }) => ({ name, sequence: Number(name.slice(prefix.length)), metadata }))
      .sort((a, b) => b.sequence - a.sequence);
  };
  /** When the server stored that message: another stream under the same name has another one there, or none. */
  const storedAt = async (sequence: number) => (await messageAt(connection, stream, sequence))?.storedAt;

  return {
    restore: async (board) => {
      let loaded = 0;
      try {
        const [newest] = await list();
        if (!newest) return 0;
        if ((await storedAt(newest.sequence)) !== newest.metadata['storedAt']) {
          logger.info(
            { sequence: newest.sequence },
            'the snapshot is of another stream: reading the whole log instead',
          );
          return 0;
        }
        // All of it first, so that one that is damaged leaves the board empty.
        const text = await readText(connection, bucket, newest.name);
        for (const line of linesOf(text)) {
          board.load(line);
          if ((loaded += 1) % linesAtOnce === 0) await setImmediate();
        }
        const { state } = await connection.jsm.streams.info(stream);
        board.forgetBefore(await beginningOf(connection, stream, state));
        logger.info({ sequence: newest.sequence, entries: board.size() }, 'the board begins from a snapshot');
        return newest.sequence;
      } catch (err) {
        logger.warn({ err }, 'no snapshot of the board can be read: reading the whole log instead');
        return 0;
      }
    },
    save: async (board, sequence) => {
      const lines = board.lines();
      const known = await list();
      if (sequence - (known[0]?.sequence ?? 0) < everyEvents) return;
      const time = await storedAt(sequence);
      // Nothing to tell the stream by: the next one will have it.
      if (time === undefined) return;
      const object = { name: `${prefix}${String(sequence)}`, metadata: { storedAt: time } };
      await putObject(connection, bucket, object, compressed(lines)).catch((error: unknown) => {
        // Another process was at the same point.
        if (!(error instanceof ObjectExists)) throw error;
      });
      for (const { name } of known.slice(kept - 1)) await deleteObject(connection, bucket, name);
      logger.debug({ sequence, entries: board.size() }, 'saved a snapshot of the board');
    },
  };
}

/**
 * Changes with everything that the content of a board depends on, and with nothing else: a snapshot that was folded otherwise is
 * of no use.
 */
export function versionOf({ types, sources }: Pick<AnyAggregate, 'types' | 'sources'>): string {
  const hash = createHash('sha256');
  for (const type of types) hash.update(JSON.stringify(jsonSchemaOf(type as EventType)));
  for (const file of [...sources, new URL('entries.ts', import.meta.url)]) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

function compressed(lines: Iterable<string>): AsyncIterable<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 };
  return Readable.from(inBlocks(lines)).pipe(createZstdCompress({ params }));
}

/** Many lines at a time: a turn of the event loop each would take too long. */
function* inBlocks(lines: Iterable<string>): Iterable<string> {
  let block = '';
  for (const line of lines) {
    block += `${line}\n`;
    if (block.length < lineBytesAtOnce) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}

async function readText(connection: Connection, bucket: string, name: string): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  const decompress = createZstdDecompress({ chunkSize: textBytesAtOnce });
  await pipeline(readObject(connection, bucket, name), decompress, async (text) => {
    for await (const part of text) parts.push(part as Buffer);
  });
  return parts;
}

/** Each line is a text of its own: one cut out of a longer one would keep all of it in memory. */
function* linesOf(parts: readonly Buffer[]): Iterable<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (const part of parts) {
    let from = 0;
    for (let to = part.indexOf('\n'); to >= 0; from = to + 1, to = part.indexOf('\n', from)) {
      yield from === 0
        ? Buffer.concat([rest, part.subarray(0, to)]).toString()
        : part.toString('utf8', from, to);
    }
    // A line that is longer than a part goes on in the next one.
    rest = from === 0 ? Buffer.concat([rest, part]) : part.subarray(from);
  }
}
