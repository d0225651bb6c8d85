import type { AnyEvent, Stored } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import type { Delivery, Verdict } from '../../log/consume/consume.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Span, SpanAbout, Tracing } from '../../telemetry/tracing.ts';
import { type Decider, type Decision, just } from '../decide/decider.ts';
import type { Aggregate } from '../fold/aggregate.ts';
import type { Board } from '../fold/board.ts';
import { asFailure, type AttemptFailed, eventErrorOf, isPassing } from './failures.ts';
import { whileWanted } from './while-wanted.ts';

/** Work as the log shows it, in the hands of this process. */
export interface Work {
  traceparent: string | undefined;
  logger: Logger;
}

/**
 * Work that is tried until it succeeds, is given up, or is no longer wanted. The log says what is next: whoever takes it over goes
 * on where a process that died left it.
 *
 * @typeParam C the events that ask for it
 * @typeParam W the work in its present state
 * @typeParam R what an attempt results in
 */
export interface Effort<Key, C extends AnyEvent, S, W extends Work, R> {
  keyOf: (cause: C) => Key;
  /** The work that the log shows; undefined: it is done, or no longer wanted. */
  find: (cause: C, state: S) => W | undefined;
  /** Called where it is not wanted; `last` is the work as it was seen last. */
  finish?: (cause: C, last: W | undefined) => Promise<void>;
  /** Whether this process, now, shall do it: a verdict ends the delivery. */
  before?: (work: W, cause: C & Stored, delivery: Delivery) => Promise<Verdict | undefined>;
  /** What is next. `waitUntil` is in milliseconds since 1970; NaN: an attempt, at once. */
  next: (work: W) => 'give-up' | { waitUntil: number };
  /** The outcome of a process that died, where it left one: of an attempt that has begun and not ended. */
  recover?: (work: W) => Promise<AnyEvent | undefined>;
  /** The number of the attempt that is next, or has begun. */
  attemptOf: (work: W) => number;
  /** True: no attempt is left. Asked when there was nothing to recover. */
  isUsedUp?: (work: W) => boolean;
  /** Said before an attempt; absent: an attempt leaves no trace until it ends, and none that is handed back. */
  start?: (work: W) => AnyEvent;
  /** True while the log shows the attempt that `begun` led to, and as this process's. */
  isMine: (now: W, begun: W) => boolean;
  /** One attempt. Throws AttemptFailed, PermanentlyFailed, or what passes. */
  run: (work: W, signal: AbortSignal) => Promise<R>;
  succeeded: (begun: W, result: R, tookMs: number) => AnyEvent;
  /** Undefined where the log has moved on since. Asked while the attempt is this process's, as `succeeded` is. */
  failed: (now: W, begun: W, failure: AttemptFailed) => AnyEvent | undefined;
  ended: (work: W) => Decision;
  span: (work: W) => { name: string; attributes: NonNullable<SpanAbout['attributes']> };
  /** For metrics and log lines; `failureEvent` is the type that is logged for a failure. */
  tell: {
    failureEvent: string;
    tried: (work: W, result: 'success' | 'failure', tookMs: number) => void;
    begun?: (work: W) => void;
    succeeded: (work: W, result: R, tookMs: number) => void;
    ended: (work: W, decision: Decision) => void;
    recovered?: (work: W) => void;
  };
}

export interface AttemptsDeps<Key, E extends AnyEvent, S> {
  aggregate: Pick<Aggregate<Key, E, S>, 'subject'>;
  board: Board<E, S>;
  decider: Decider<Key, S>;
  /** Aborted, with the failure as its reason, when running work is to be handed back. */
  handBack: AbortSignal;
  /** RFC 3339. */
  now: () => string;
  tracing: Tracing;
}

/** Makes the handler of the events that ask for an effort. */
export function createAttempts<Key, C extends AnyEvent, E extends AnyEvent, S, W extends Work, R>(
  deps: AttemptsDeps<Key, E, S>,
  effort: Effort<Key, C, S, W, R>,
) {
  const { aggregate, board, decider, handBack, tracing } = deps;

  /** Appends what fits while the log shows this work. */
  const append = (cause: C, decide: (now: W) => Decision | undefined) =>
    decider.decide(effort.keyOf(cause), (state) => {
      const now = effort.find(cause, state);
      return now && decide(now);
    });

  const giveUp = async (cause: C, work: W): Promise<Verdict> => {
    const decision = await append(cause, effort.ended);
    if (decision) effort.tell.ended(work, decision);
    return 'done';
  };

  const recovered = async (cause: C, work: W): Promise<boolean> => {
    const outcome = await effort.recover?.(work);
    if (!outcome) return false;
    effort.tell.recovered?.(work);
    await append(cause, () => just(outcome));
    return true;
  };

  /** Does the one thing that the log says is next; a verdict ends this delivery. */
  const step = async (cause: C & Stored, work: W, delivery: Delivery): Promise<Verdict | undefined> => {
    const verdict = await effort.before?.(work, cause, delivery);
    if (verdict) return verdict;
    const next = effort.next(work);
    if (next === 'give-up') return giveUp(cause, work);
    const waitMs = next.waitUntil - millisOf(deps.now());
    if (waitMs > 0) return { retryInMs: waitMs };
    if (await recovered(cause, work)) return undefined;
    if (handBack.aborted) return { retryInMs: 0 };
    if (effort.isUsedUp?.(work)) return giveUp(cause, work);
    const { start } = effort;
    const attempt = effort.attemptOf(work);
    const begun =
      start &&
      (await append(cause, (now) => (effort.attemptOf(now) === attempt ? just(start(work)) : undefined)));
    if (start && !begun) return undefined;
    const { name, attributes } = effort.span(work);
    await tracing.span(name, { traceparent: work.traceparent, attributes }, ({ traceparent, fail }) =>
      runAttempt(cause, { ...work, traceparent }, fail),
    );
    return undefined;
  };

  const runAttempt = async (cause: C, work: W, failSpan: Span['fail']): Promise<void> => {
    const { tell } = effort;
    const startedAt = performance.now();
    const tookMs = () => Math.round(performance.now() - startedAt);
    const wanted = whileWanted(board, aggregate.subject(effort.keyOf(cause)), (state) => {
      const now = effort.find(cause, state);
      return now !== undefined && effort.isMine(now, work);
    });
    tell.begun?.(work);
    try {
      const result = await effort.run(work, wanted.signal);
      const took = tookMs();
      const decision = await append(cause, (now) =>
        effort.isMine(now, work) ? just(effort.succeeded(work, result, took)) : undefined,
      );
      tell.tried(work, 'success', took);
      if (decision) tell.succeeded(work, result, took);
    } catch (error) {
      // NATS is away, and no fault of the attempt: what the log says then decides, when the message comes again.
      if (isPassing(error)) throw error;
      if (wanted.signal.aborted || (handBack.aborted && !effort.start)) {
        work.logger.info({ tookMs: tookMs() }, 'the attempt is stopped: the log does not ask for it any more, or another process takes it over'); // prettier-ignore
        return;
      }
      const failure = asFailure(error);
      failSpan(failure.message);
      tell.tried(work, 'failure', tookMs());
      logFailure(work.logger, tell.failureEvent, effort.attemptOf(work), failure);
      await append(cause, (now) =>
        effort.isMine(now, work) ? just(effort.failed(now, work, failure)) : undefined,
      );
    } finally {
      wanted.release();
    }
  };

  return async (cause: C & Stored, delivery: Delivery): Promise<Verdict> => {
    const key = effort.keyOf(cause);
    await board.whenApplied(aggregate.subject(key), delivery.sequence);
    let last: W | undefined;
    for (;;) {
      const work = effort.find(cause, decider.state(key));
      if (!work) {
        await effort.finish?.(cause, last);
        return 'done';
      }
      last = work;
      const verdict = await step(cause, work, delivery);
      if (verdict) return verdict;
    }
  };
}

/** A failed attempt is no surprise: its error says all, and only one that nobody foresaw brings its stack. */
function logFailure(logger: Logger, event: string, attempt: number, failure: AttemptFailed): void {
  const stack = failure.code === 'unexpected' ? { err: failure } : {};
  logger.warn({ event, attempt, error: eventErrorOf(failure), ...stack }, failure.message);
}
