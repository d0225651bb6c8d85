import type { S3Code } from './s3-errors.ts';

/** What can go wrong with one request. */
export type Fault =
  /** Served as ever: the fault behind it in the queue meets a later request. */
  | { type: 'none' }
  /** Answered with this error at once: `SlowDown`, `AccessDenied`, `InternalError`. */
  | { type: 'error'; code: S3Code }
  /** The body is not received before this time is over. */
  | { type: 'slow-receive'; ms: number }
  /** Served, and answered only after this time. */
  | { type: 'slow-answer'; ms: number }
  /** The connection is cut when half of the body has come. */
  | { type: 'cut' }
  /** Stored, and the connection cut before the answer: the client cannot know. */
  | { type: 'store-then-cut' }
  /** Refused as damaged on its way, whatever came. */
  | { type: 'damaged' };

/** Faults for the requests to come, in the order in which they were injected. */
export interface FaultQueue {
  /** For the next requests, by default one; `Infinity`: until cleared. */
  inject: (fault: Fault, requests?: number) => void;
  clear: () => void;
  /** The fault of the request that has just come. */
  take: () => Fault | undefined;
}

export function createFaults(): FaultQueue {
  let queue: { fault: Fault; left: number }[] = [];
  return {
    inject: (fault, requests = 1) => void queue.push({ fault, left: requests }),
    clear: () => void (queue = []),
    take: () => {
      const [first] = queue;
      if (!first) return undefined;
      first.left -= 1;
      if (first.left <= 0) queue.shift();
      return first.fault;
    },
  };
}
