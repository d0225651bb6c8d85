import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../connection.ts';
import type { Definitions } from './definitions.ts';
import { isNotFound, LogMisconfigured, toLogError } from '../errors.ts';

/** What is known of a stream that the server does not show. */
export interface CreateOptions {
  /** True where a stream lies in the server's own store; known of the embedded server only. */
  isStored?: (name: string) => boolean;
  /** Create the stream although its buckets are there: its history is gone for good. */
  anew?: boolean;
}

const lookAgainMs = 100;
const looks = 10;

/**
 * An empty stream in the place of one that is only not shown would hide its history, or cut it off. Throws LogMisconfigured
 * where the stream must have been there before: its buckets are made after it, and stay where a server cannot read it.
 */
export async function assertNeverThere(
  connection: Connection,
  { stream, buckets }: Definitions,
  { isStored = () => false, anew = false }: CreateOptions,
): Promise<void> {
  const { name } = stream;
  const stored = isStored(name);
  const left = anew ? undefined : await firstShown(connection, buckets.map((bucket) => bucket.name)); // prettier-ignore
  if (!stored && left === undefined) return;
  // Another process may be creating all of them at this moment.
  for (let look = 0; look < looks; look += 1) {
    if (await firstShown(connection, [name])) return;
    await delay(lookAgainMs);
  }
  const found = stored ? 'it lies in its store' : `${String(left)} is there`;
  const ifDeleted = stored ? '' : ' Was it deleted? Restore a backup, or begin without its history: `alert-watcher streams apply --anew`.'; // prettier-ignore
  throw new LogMisconfigured(
    `nats-server ${connection.server.version} does not show the stream ${name}, but ${found}: no empty one is put in its place. ` +
      'A server from 2.14.2 on (of 2.12: from 2.12.10 on) cannot read a stream with discard: new and logs "Error recreating stream". ' +
      'Its history is still on the disk then: start the server that was there before, run `alert-watcher streams apply`, and upgrade again ' +
      `(docs/operations.md, Upgrading NATS).${ifDeleted}`,
  );
}

/** True where a stream lies in the store of the embedded server, also one that it cannot read and does not show. */
export function isStored(dataDir: string, stream: string): boolean {
  return existsSync(join(dataDir, 'nats', 'store', 'jetstream', '$G', 'streams', stream, 'meta.inf'));
}

async function firstShown({ jsm }: Connection, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const isShown = await jsm.streams.info(name).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw toLogError(error, `look at stream ${name}`);
      },
    );
    if (isShown) return name;
  }
  return undefined;
}
