import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessRef } from './process-ref.ts';

/** What is noted beside the store about the server that runs on it. */
export interface EmbeddedNote {
  server: ProcessRef;
  /** The name that it was started with, by which it is known on its port. */
  name: string;
  port: number;
  owner: ProcessRef;
}

/** More than a note is long. */
const noteBytes = 1_024;

export async function readNote(folder: string): Promise<EmbeddedNote | undefined> {
  const text = await readFile(fileOf(folder), 'utf8').catch(() => '');
  try {
    // An earlier version gave no name: the server's id is its name then.
    const { serverId = '', ...note } = JSON.parse(text) as EmbeddedNote & { serverId?: string };
    return { ...{ name: serverId }, ...note };
  } catch {
    return undefined;
  }
}

/** In the place of the one before, and as long: that takes no room, which a full disk has not. */
export async function writeNote(folder: string, note: EmbeddedNote): Promise<void> {
  const file = await open(fileOf(folder), 'r+').catch(() => open(fileOf(folder), 'w'));
  try {
    await file.write(`${JSON.stringify(note).padEnd(noteBytes - 1)}\n`, 0);
  } finally {
    await file.close();
  }
}

export async function removeNote(folder: string): Promise<void> {
  await rm(fileOf(folder), { force: true });
}

function fileOf(folder: string): string {
  return join(folder, 'server.json');
}
