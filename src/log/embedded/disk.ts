import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { LogUnavailable } from '../errors.ts';

/** With less than this free nats-server is not started anew in the hope that it stores again: two messages of max_payload. */
const leastFreeBytes = 16 * 1024 * 1024;

/** The file system of the store in a folder: it may have one of its own. Before the first start there is none. */
export function diskOf(folder: string): Promise<StatsFs> {
  return statfs(join(folder, 'store')).catch(() => statfs(folder));
}

/** A sentence that says what to do where a folder's disk is full or nearly so; undefined where there is room. */
export async function fullDisk(folder: string): Promise<string | undefined> {
  const { bavail, bsize } = await diskOf(folder);
  const free = bavail * bsize;
  if (free >= leastFreeBytes) return undefined;
  const wanted = `${String(leastFreeBytes / 1024 / 1024)} MiB`;
  return `the disk of ${folder} (in DATA_DIR) is full, ${String(free)} bytes are free: free at least ${wanted} there`;
}

/** Turns "no space left" of the file system into a LogUnavailable that says where. */
export async function rethrowFull(folder: string, error: unknown): Promise<never> {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
  const reason =
    (await fullDisk(folder)) ?? `there is no room for files in ${folder} (in DATA_DIR): free some`;
  throw new LogUnavailable(`the embedded nats-server cannot be started: ${reason}`, { cause: error });
}
