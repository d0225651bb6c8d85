import type { JsMsg } from 'nats';
import type { Connection } from '../connection.ts';

/** This process's hold on a message that it works on. */
export interface Claim {
  /** False once the server may have given the message to another process. It never becomes true again. */
  holds: () => boolean;
  /** Ends the heartbeats. */
  release: () => void;
}

/**
 * Tells the server at a third of ack_wait that the work goes on. A process that was stopped, or cut off, for longer than
 * ack_wait has lost its claim. It may finish what it does all the same: only the log says whose attempt counts.
 */
export function holdClaim(message: JsMsg, ackWaitMs: number, { nc, isConnected }: Connection): Claim {
  let confirmedAt = performance.now();
  let lost = false;
  const holds = () => {
    lost ||= performance.now() - confirmedAt >= ackWaitMs;
    return !lost;
  };
  const beat = async () => {
    if (!isConnected()) return;
    holds();
    const sentAt = performance.now();
    message.working();
    // Only a round trip shows that the heartbeat has reached the server.
    await nc.flush();
    confirmedAt = sentAt;
  };
  const timer = setInterval(() => void beat().catch(() => undefined), ackWaitMs / 3);
  return { holds, release: () => clearInterval(timer) };
}
