import { defaultAckWaitSeconds } from '../log/streams/definitions.ts';
import { type Environment, integer } from './environment.ts';
import { ConfigError } from './fault.ts';

/** How a process keeps its claim to a message that it works on. */
export interface Processing {
  /** After so long without a heartbeat the NATS server gives the work to another process. */
  ackWaitSeconds: number;
  /** So often a process says that its work goes on. At most a third of the other. */
  heartbeatSeconds: number;
}

/** One heartbeat that gets lost, and one that comes late, must cost no claim. */
const heartbeatsInAckWait = 3;
/** A process that died holds up its work for so long: more is a mistake. */
const maxAckWaitSeconds = 3_600;

/** Reads ACK_WAIT_SECONDS and HEARTBEAT_SECONDS. Throws ConfigError. */
export function readProcessing(env: Environment): Processing {
  const bounds = { fallback: defaultAckWaitSeconds, min: heartbeatsInAckWait, max: maxAckWaitSeconds };
  const ackWaitSeconds = integer(env, 'ACK_WAIT_SECONDS', bounds);
  const most = ackWaitSeconds / heartbeatsInAckWait;
  const heartbeatSeconds = integer(env, 'HEARTBEAT_SECONDS', { fallback: most, min: 1 });
  if (heartbeatSeconds <= most) return { ackWaitSeconds, heartbeatSeconds };
  throw new ConfigError(
    `HEARTBEAT_SECONDS is "${String(heartbeatSeconds)}"; it must be at most ${String(Math.floor(most))}, a third of ` +
      `ACK_WAIT_SECONDS (${String(ackWaitSeconds)}): a heartbeat that is late or lost must not cost the claim. ` +
      'Lower it, or raise ACK_WAIT_SECONDS',
  );
}
