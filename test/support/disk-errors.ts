import { spawnSync } from 'node:child_process';

/**
 * Has every write of a process to a file fail from now on (EFBIG), as on a disk that is full or broken: by the limit of a file's
 * size, which takes no rights over one's own processes, and no disk.
 */
export function failWrites(pid: number | undefined): void {
  setFileSize(pid, '1');
}

/** Ends that. */
export function allowWrites(pid: number | undefined): void {
  setFileSize(pid, 'unlimited');
}

function setFileSize(pid: number | undefined, soft: string): void {
  // It may have ended.
  if (pid !== undefined) spawnSync('prlimit', ['--pid', String(pid), `--fsize=${soft}:`]);
}
