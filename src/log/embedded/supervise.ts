import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../connection.ts';
import { fullDisk } from './disk.ts';
import { answers } from '../write/probe.ts';
import { isAlive, type ProcessRef } from './process-ref.ts';
import type { Writes } from '../write/writes.ts';

/** What keeps a server running. */
export interface Supervision {
  /** From now on replaces a server that lives and does not store, or no longer. */
  guard: (guard: Guard | undefined) => void;
  /** Why it does not replace a sick server yet, as a sentence; undefined where there is nothing to say. */
  advice: () => string | undefined;
}

/** What shows that a server does not store, and who wants to hear of it. */
export interface Guard {
  connection: Connection;
  writes: Pick<Writes, 'problem' | 'unanswered' | 'startOver'>;
  /** Takes a sentence for the log. */
  report: (sentence: string) => void;
}

export interface Bounds {
  /** A server that answers and acknowledges no write for so long is replaced: two requests of 5 s. */
  sickMs: number;
  /**
   * One that answers nothing is given longer: it may read a large store, or its disk or its machine may stand still for a moment,
   * and to end it would help with neither. But nobody is served by it.
   */
  frozenMs: number;
  /** Between two replacements while they do not help; doubled each time. */
  pauseMs: number;
}

export interface Supervised {
  folder: string;
  first: ProcessRef;
  /** Starts it again; the one before is gone. */
  startAgain: () => Promise<ProcessRef>;
  /** Called before it is ended for good. */
  forget: () => Promise<void>;
  bounds?: Partial<Bounds> | undefined;
}

const watchEveryMs = 500;
const maxPauseMs = 300_000;
const retryMs = 5_000;
const termMs = 10_000;
/** A frozen one does not hear SIGTERM. What it acknowledged is on the disk. */
export const frozenTermMs = 1_000;

/** Starts the server again where it ends by itself, and where it lives and does not store; the clients reconnect. */
export function supervise({ folder, first, startAgain, forget, bounds = {} }: Supervised): Supervision & {
  /** Ends the server; resolves when it is gone. */
  stop: () => Promise<void>;
} {
  const { sickMs = 10_000, frozenMs = 30_000, pauseMs = 10_000 } = bounds;
  const stopping = new AbortController();
  let server = first;
  let guard: Guard | undefined;
  let advice: string | undefined;
  let pause = pauseMs;
  let notBefore = Number.NEGATIVE_INFINITY;

  const advise = (sentence: string | undefined) => {
    // Once.
    if (sentence !== undefined && sentence !== advice) guard?.report(sentence);
    advice = sentence;
  };
  const restart = async () => {
    try {
      server = await startAgain();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      advise(`the embedded nats-server cannot be started again, which is tried every ${String(retryMs / 1_000)} s: ${reason}`); // prettier-ignore
      await elapsed(retryMs, stopping.signal);
    }
  };
  const replace = async ({ writes, report }: Guard, reason: string, boundMs: number) => {
    notBefore = performance.now() + pause;
    pause = Math.min(pause * 2, maxPauseMs);
    report(`the embedded nats-server ${reason}: it is ended, and another one is started on its store`);
    await end(server, boundMs);
    if (stopping.signal.aborted) return;
    await restart();
    writes.startOver();
  };
  const look = async (current: Guard) => {
    const { connection, writes } = current;
    const silent = writes.unanswered();
    if (!silent) {
      if (writes.problem() === undefined) [pause, advice] = [pauseMs, undefined];
      return;
    }
    const forMs = performance.now() - silent.since;
    if (forMs < sickMs || performance.now() < notBefore) return;
    if (await answers(connection)) {
      // Another one could not store either, and nobody could read meanwhile.
      advise(await fullDisk(folder));
      if (advice === undefined)
        await replace(current, `answers and does not store (${silent.reason})`, termMs);
    } else if (forMs >= frozenMs) {
      await replace(current, `has answered nothing for ${(forMs / 1_000).toFixed(0)} s`, frozenTermMs);
    }
  };
  const watch = async () => {
    while (await elapsed(watchEveryMs, stopping.signal)) {
      if (!(await isAlive(server))) await restart();
      else if (guard)
        await look(guard).catch((error: unknown) => {
          advise(String(error));
        });
    }
  };
  const watching = watch();
  return {
    guard: (given) => (guard = given),
    advice: () => advice,
    stop: async () => {
      stopping.abort();
      await watching;
      await forget();
      await end(server);
    },
  };
}

/** Ends a server by SIGTERM, and by SIGKILL where that takes too long. */
export async function end(server: ProcessRef, boundMs = termMs): Promise<void> {
  if (!(await isAlive(server))) return;
  kill(server, 'SIGTERM');
  const deadline = performance.now() + boundMs;
  while (await isAlive(server)) {
    if (performance.now() > deadline) kill(server, 'SIGKILL');
    await delay(10);
  }
}

function kill({ pid }: ProcessRef, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** False where the wait was aborted. */
function elapsed(millis: number, signal: AbortSignal): Promise<boolean> {
  return delay(millis, true, { signal, ref: false }).catch(() => false);
}
