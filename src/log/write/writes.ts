import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, watchConnection } from '../connection.ts';
import { createTryWrite, type Probe, watchDenied } from './probe.ts';

/** Knows whether streams store what is written to them. */
export interface Writes {
  /** Milliseconds since 1970 of the last write of this process that a stream stored; undefined: none yet. */
  storedAtMs: (stream: string) => number | undefined;
  /** Why nothing is stored, as a sentence; undefined where all is well. */
  problem: () => string | undefined;
  /** Since when (of performance.now()) writes have got no answer, at least two in a row; undefined where they get one. */
  unanswered: () => Unanswered | undefined;
  /** The server is another one now: tries again at once, and forgets for how long it has failed. */
  startOver: () => void;
  /** Resolves when each stream has been tried once. */
  tried: Promise<void>;
  stop: () => void;
}

export interface Unanswered {
  since: number;
  reason: string;
}

export interface WritesOptions {
  probes: readonly Probe[];
  /** A sentence when writes begin to fail, undefined when they are stored again. Silent while NATS is not connected. */
  onChange?: (problem: string | undefined) => void;
  lookEveryMs?: number;
}

/** A write of anybody in this process proves as much: a probe is made where there was none for so long. */
const idleMs = 15_000;
/** A probe has its answer within `idleMs` and the 5 s of a request: without one for twice as long something is wrong. */
const staleMs = 45_000;
const retryAfterMs = 2_000;

/**
 * Watches that the server stores what this process writes. Only a write that was acknowledged shows it: after an error of its
 * disk a stream can be read, the API answers, and no write is answered any more, also when the disk is well again.
 */
export function watchWrites(
  connection: Connection,
  { probes, onChange, lookEveryMs = 1_000 }: WritesOptions,
): Writes {
  const stopping = new AbortController();
  const denied = watchDenied(connection);
  const streams = probes.map((probe) => watchStream(connection, probe, denied));
  const problem = () => streams.map((each) => each.problem()).find((each) => each !== undefined);
  const startOver = () => {
    for (const each of streams) each.startOver();
  };
  watchConnection(connection, (isBack) => {
    if (isBack) startOver();
  });

  const tried = Promise.withResolvers<undefined>();
  let isTold = false;
  const run = async () => {
    do {
      await Promise.all(streams.map((each) => each.look()));
      tried.resolve(undefined);
      const found = problem();
      if (stopping.signal.aborted || !connection.isConnected() || isTold === (found !== undefined)) continue;
      isTold = found !== undefined;
      onChange?.(found);
    } while (await delay(lookEveryMs, true, { signal: stopping.signal, ref: false }).catch(() => false));
  };
  void run();
  return {
    storedAtMs: (stream) => {
      const at = connection.publisher.storedAt(stream);
      return at === undefined ? undefined : Date.now() - (performance.now() - at);
    },
    problem,
    unanswered: () => streams.flatMap((each) => each.unanswered() ?? []).sort((a, b) => a.since - b.since)[0],
    startOver,
    tried: tried.promise,
    stop: () => stopping.abort(),
  };
}

interface Failure extends Unanswered {
  /** When the last one was sent. */
  sentAt: number;
  times: number;
  isAnswered: boolean;
}

function watchStream(connection: Connection, probe: Probe, denied: ReadonlySet<string>) {
  const { publisher, isConnected } = connection;
  const { stream, subject, firstSubject = subject } = probe;
  const tryWrite = createTryWrite(connection, probe);
  const storedAt = () => publisher.storedAt(stream) ?? Number.NEGATIVE_INFINITY;
  /** What was sent before says nothing of the server as it is now. */
  let validFrom = Number.NEGATIVE_INFINITY;
  let last: Failure | undefined;
  const failure = () => (last && storedAt() < last.sentAt ? last : undefined);

  const isDue = (): boolean => {
    const now = performance.now();
    const failed = failure();
    if (failed) return now - failed.sentAt >= retryAfterMs || failed.sentAt < validFrom;
    return storedAt() < Math.max(now - idleMs, validFrom, publisher.unansweredAt());
  };
  const look = async () => {
    if (!isDue()) return;
    const sentAt = performance.now();
    const failed = isConnected() ? await tryWrite() : { reason: 'NATS is not connected', isAnswered: false };
    // Meanwhile another write was stored, or the server has become another one.
    if (!failed || storedAt() >= sentAt || sentAt < validFrom) return;
    const { since = sentAt, times = 0 } = failure() ?? {};
    const refused = [firstSubject, subject].find((each) => denied.has(each));
    const reason =
      refused === undefined
        ? failed.reason
        : `a write to ${stream}: this NATS user may not publish to ${refused} (deploy/nats/accounts.conf)`;
    last = { ...failed, reason, since, sentAt, times: times + 1 };
  };
  const problem = (): string | undefined => {
    const failed = failure();
    if (failed) return failed.reason;
    const silentMs = performance.now() - storedAt();
    if (silentMs < staleMs) return undefined;
    const howLong = Number.isFinite(silentMs) ? ` for ${(silentMs / 1_000).toFixed(0)} s` : ' yet';
    return `no write to ${stream} has been acknowledged${howLong}`;
  };
  const startOver = () => {
    validFrom = performance.now();
    if (last) last = { ...last, since: validFrom, times: 0 };
  };
  const unanswered = (): Unanswered | undefined => {
    const failed = failure();
    return failed && !failed.isAnswered && failed.times > 1 ? failed : undefined;
  };
  return { look, problem, startOver, unanswered };
}
