import type { JsMsg } from 'nats';
import type { Connection } from '../connection.ts';

/** This process's hold on a message that it works on. */
export interface Claim {
  /** False once the server may have given the message to another process. It never becomes true again. */
  holds: () => boolean;
  /** Ends the heartbeats. */
  release: () => void;
}

export interface ClaimOptions {
  /** How long the server waits for a heartbeat now, in milliseconds: an operator may change it meanwhile. */
  ackWaitMs: () => number;
  /** So often it is given one; more often where this is above a third of ack_wait. Absent: a third. */
  heartbeatMs?: number | undefined;
  /** Called once, where the claim is found to be lost, with the time since the last heartbeat that reached the server. */
  onLost: (silentMs: number) => void;
}

/**
 * Tells the server in time that the work goes on. A process that was stopped, or cut off, for longer than ack_wait has lost its
 * claim. It may finish what it does all the same: only the log says whose attempt counts.
 */
export function holdClaim(
  message: JsMsg,
  { nc, isConnected }: Connection,
  { ackWaitMs, heartbeatMs = Number.POSITIVE_INFINITY, onLost }: ClaimOptions,
): Claim {
  let confirmedAt = performance.now();
  let lost = false;
  const holds = () => {
    const silentMs = performance.now() - confirmedAt;
    if (!lost && silentMs >= ackWaitMs()) {
      lost = true;
      onLost(silentMs);
    }
    return !lost;
  };
  const beat = async () => {
    if (!isConnected()) return;
    holds();
    const sentAt = performance.now();
    // Also where it is lost: should nobody else be there, the message comes here again, once and not after each ack_wait.
    message.working();
    // Only a round trip shows that the heartbeat has reached the server.
    await nc.flush();
    confirmedAt = sentAt;
  };
  const beatLater = () => setTimeout(() => {
    timer = beatLater();
    void beat().catch(() => undefined);
  }, Math.min(heartbeatMs, ackWaitMs() / 3)); // prettier-ignore
  let timer = beatLater();
  return { holds, release: () => clearTimeout(timer) };
}
