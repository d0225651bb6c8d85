import { setTimeout as delay } from 'node:timers/promises';

/** Between TERM and KILL. */
export const killAfterMs = 5_000;

/** Ends a process group with all that is in it: TERM, and KILL 5 s later. Resolves when it is empty or was sent KILL. */
export async function endGroup(pid: number): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  const deadline = performance.now() + killAfterMs;
  while (signalGroup(pid, 0)) {
    if (performance.now() > deadline) {
      signalGroup(pid, 'SIGKILL');
      return;
    }
    await delay(20);
  }
}

/** False where the group has no process any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
