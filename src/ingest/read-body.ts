import type { IncomingMessage } from 'node:http';
import type { ProblemCode } from '../http/problem.ts';
import { createCollected } from './collected.ts';
import type { Held, Inflight } from './inflight.ts';

/** Why a body is not read to its end. */
export interface Unread {
  code: Extract<ProblemCode, 'body-too-large' | 'overloaded' | 'body-too-slow' | 'bad-request'>;
  detail: string;
}

/** A body that is all there. Its room is for the caller to give back. */
export interface Arrived {
  bytes: Buffer;
  release: () => void;
}

export interface BodyReader {
  /** Resolves once all of a body is there, or has been given up, and its room back. */
  read: (raw: IncomingMessage, source: string) => Promise<Arrived | Unread>;
  stop: () => void;
}

export interface BodyReaderOptions {
  inflight: Inflight;
  maxBodyBytes: number;
  periodMs?: number;
}

/** A body on its way. */
interface Arrival {
  held: Held;
  /** What it held when the period began. Undefined: it began after that. */
  before: number | undefined;
  giveUp: (unread: Unread) => void;
}

const defaultPeriodMs = 10_000;
/** Bytes a second that are asked of every body: what is slower stalls. */
const leastPace = 1_024;

/** Reads bodies within the room that there is, and gives those up that stall: each has to bring 10 KiB in 10 s. */
export function createBodyReader({
  inflight,
  maxBodyBytes,
  periodMs = defaultPeriodMs,
}: BodyReaderOptions): BodyReader {
  const least = (leastPace * periodMs) / 1_000;
  const arriving = new Set<Arrival>();
  const giveUpStalled = () => {
    for (const arrival of arriving) {
      const { held, before, giveUp } = arrival;
      const came = before === undefined ? Infinity : held.bytes - before;
      if (came < least)
        giveUp({ code: 'body-too-slow', detail: `${String(came)} bytes came in ${String(periodMs / 1_000)} s` }); // prettier-ignore
      else arrival.before = held.bytes;
    }
  };
  const timer = setInterval(giveUpStalled, periodMs).unref();
  const read = (raw: IncomingMessage, source: string) =>
    new Promise<Arrived | Unread>((resolve) => {
      const declared = Number(raw.headers['content-length'] ?? maxBodyBytes);
      const collected = createCollected(Math.min(declared, maxBodyBytes));
      const stop = () => {
        arriving.delete(arrival);
        raw.off('data', take).off('end', finish).off('close', leave);
      };
      const giveUp = (unread: Unread) => {
        stop();
        held.release();
        // What still comes is read and forgotten, so that the sender gets to read its answer.
        raw.resume();
        resolve(unread);
      };
      const held = inflight.open(source, () =>
        giveUp({ code: 'overloaded', detail: 'smaller bodies, or those of other sources, need its room' }),
      );
      const arrival: Arrival = { held, before: undefined, giveUp };
      const take = (part: Buffer) => {
        if (held.bytes + part.length > maxBodyBytes) giveUp(tooLarge(maxBodyBytes));
        else if (held.grow(part.length)) collected.add(part);
        else giveUp({ code: 'overloaded', detail: `there is no room for more than ${String(held.bytes)} bytes of it` }); // prettier-ignore
      };
      const finish = () => {
        stop();
        held.keep();
        resolve({ bytes: collected.whole(), release: held.release });
      };
      const leave = () => giveUp({ code: 'bad-request', detail: 'the connection ended before the body' });
      // It is closed then as well, or was before.
      raw.on('error', () => undefined);
      if (declared > maxBodyBytes) giveUp(tooLarge(maxBodyBytes));
      else if (raw.closed) leave();
      else {
        arriving.add(arrival);
        raw.on('data', take).on('end', finish).on('close', leave);
      }
    });
  return { read, stop: () => clearInterval(timer) };
}

function tooLarge(maxBodyBytes: number): Unread {
  return { code: 'body-too-large', detail: `it has more than ${String(maxBodyBytes)} bytes` };
}
