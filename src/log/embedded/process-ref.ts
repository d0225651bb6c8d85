import { readFile } from 'node:fs/promises';

/** A process, told from a later one with the same pid by when it started (clock ticks since boot). */
export interface ProcessRef {
  pid: number;
  startTicks: string;
}

export async function processRef(pid: number): Promise<ProcessRef> {
  return { pid, startTicks: (await startTicksOf(pid)) ?? '' };
}

/** True while that process runs; a zombie does not. */
export async function isAlive({ pid, startTicks }: ProcessRef): Promise<boolean> {
  return startTicks !== '' && (await startTicksOf(pid)) === startTicks;
}

/** The name of the program that a process runs now, at most 15 characters; empty where it is gone. */
export async function nameOf({ pid }: ProcessRef): Promise<string> {
  return (await readFile(`/proc/${String(pid)}/comm`, 'utf8').catch(() => '')).trim();
}

// proc(5): after the command in parentheses, which may hold anything, field 3 is the state, field 22 the start.
async function startTicksOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
