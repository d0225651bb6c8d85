import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type OnFinished = (release: () => void) => void;

const mount = (...args: string[]) => spawnSync('mount', args).status === 0;
const unmount = (path: string) => spawnSync('umount', ['--lazy', path]);

/** Whether this process may mount a file system: it takes root and, in a container, a capability. Tried once. */
export const canMount = tryMount();

/** A file system of a few megabytes, which somebody else can fill. */
export interface SmallDisk {
  path: string;
  /** Leaves so many bytes. */
  fill: (leaveBytes?: number) => void;
  /** Removes what filled it. */
  free: () => void;
}

/** Mounts a small file system on a folder until a test is over. */
export function mountSmallDisk(path: string, megabytes: number, onFinished: OnFinished): SmallDisk {
  mkdirSync(path, { recursive: true });
  if (!mount('-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs', path))
    throw new Error(`no file system could be mounted on ${path}`);
  onFinished(() => void unmount(path));
  const file = join(path, 'of-somebody-else');
  return {
    path,
    fill: (leaveBytes = 0) => fill(path, file, leaveBytes),
    free: () => rmSync(file, { force: true }),
  };
}

function fill(path: string, file: string, leaveBytes: number): void {
  const descriptor = openSync(file, 'a');
  const block = Buffer.alloc(4_096);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(path);
      if (bavail * bsize < leaveBytes + block.length) return;
      writeSync(descriptor, block);
    }
  } catch (error) {
    // Somebody else took the rest.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}

function tryMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'alert-watcher-mount-'));
  const isMounted = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path);
  if (isMounted) unmount(path);
  rmSync(path, { recursive: true, force: true });
  return isMounted;
}
