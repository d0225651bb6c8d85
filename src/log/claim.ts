import type { JsMsg } from 'nats';
import type { Connection } from './connection.ts';

/** This process's hold on a message that it works on. */
export interface Claim {
  /** False once the server may have given the message to another process. It never becomes true again. */
  holds: () => boolean;
  /** Aborted when the claim is lost or the work is handed back. */
  signal: AbortSignal;
  /** Ends the heartbeats. */
  release: () => void;
}

/**
 * Tells the server at a third of ack_wait that the work goes on. A process that was stopped, or cut off,
 * for longer than ack_wait finds its claim lost before it does anything else.
 */
export function holdClaim(message: JsMsg, ackWaitMs: number, { nc, isConnected }: Connection): Claim {
  const lost = new AbortController();
  let confirmedAt = performance.now();
  const holds = () => {
    if (performance.now() - confirmedAt >= ackWaitMs)
      lost.abort(new Error('the claim on the message is lost'));
    return !lost.signal.aborted;
  };
  const beat = async () => {
    if (!holds() || !isConnected()) return;
    const sentAt = performance.now();
    message.working();
    // Only a round trip shows that the heartbeat has reached the server.
    await nc.flush();
    confirmedAt = Math.max(confirmedAt, sentAt);
  };
  const timer = setInterval(() => void beat().catch(() => undefined), ackWaitMs / 3);
  return { holds, signal: lost.signal, release: () => clearInterval(timer) };
}
