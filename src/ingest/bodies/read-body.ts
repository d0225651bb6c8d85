import type { IncomingMessage } from 'node:http';
import type { ProblemCode } from '../../http/problem.ts';
import { BodyBuffer } from './body-buffer.ts';
import type { Held, Inflight } from './inflight.ts';

/** Why a body is not read to its end. */
export interface Unread {
  code: Extract<ProblemCode, 'body-too-large' | 'overloaded' | 'body-too-slow' | 'bad-request'>;
  detail: string;
}

/** A body that is all there. Its room is for the caller to give back. */
export interface WholeBody {
  bytes: Buffer;
  held: Held;
}

export interface BodyReader {
  /** Resolves once all of a body is there, or has been given up, and its room back. */
  read: (raw: IncomingMessage, source: string) => Promise<WholeBody | Unread>;
  stop: () => void;
}

export interface BodyReaderOptions {
  inflight: Inflight;
  maxBodyBytes: number;
  periodMs?: number;
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
    for (const arrival of arriving) arrival.giveUpIfStalled(least, `${String(periodMs / 1_000)} s`);
  };
  const timer = setInterval(giveUpStalled, periodMs).unref();
  return {
    read: (raw, source) =>
      new Promise((resolve) =>
        new Arrival({ raw, source, inflight, maxBodyBytes, arriving, resolve }).begin(),
      ),
    stop: () => clearInterval(timer),
  };
}

interface ArrivalDeps {
  raw: IncomingMessage;
  source: string;
  inflight: Inflight;
  maxBodyBytes: number;
  arriving: Set<Arrival>;
  resolve: (result: WholeBody | Unread) => void;
}

/** A body on its way. */
class Arrival {
  readonly #deps: ArrivalDeps;
  readonly #held: Held;
  readonly #buffer: BodyBuffer;
  /** What its Content-Length says, where it has one. */
  readonly #declared: number | undefined;
  /** What it held when the period began. Undefined: it began after that. */
  #before: number | undefined;
  #isOver = false;

  constructor(deps: ArrivalDeps) {
    const { raw, source, inflight, maxBodyBytes } = deps;
    this.#deps = deps;
    this.#held = inflight.open(source, () => this.#giveUp('overloaded', 'smaller bodies, or other sources, need its room')); // prettier-ignore
    const { 'content-length': length } = raw.headers;
    this.#declared = length === undefined ? undefined : Number(length);
    this.#buffer = new BodyBuffer(Math.min(this.#declared ?? maxBodyBytes, maxBodyBytes));
  }

  begin(): void {
    const { raw, maxBodyBytes, arriving } = this.#deps;
    // Closing follows an error, and is what is looked at.
    raw.on('error', nothing);
    if ((this.#declared ?? 0) > maxBodyBytes) this.#refuseLong();
    else if (raw.closed) this.#leave();
    else {
      arriving.add(this);
      raw.on('data', (part: Buffer) => this.#take(part));
      raw.on('end', () => this.#finish());
      raw.on('close', () => this.#leave());
    }
  }

  giveUpIfStalled(least: number, period: string): void {
    const came = this.#before === undefined ? Infinity : this.#held.bytes - this.#before;
    if (came < least) this.#giveUp('body-too-slow', `${String(came)} bytes came in ${period}`);
    else this.#before = this.#held.bytes;
  }

  #take(part: Buffer): void {
    // What comes after it was given up is forgotten, so that the sender gets to read its answer.
    if (this.#isOver) return;
    const { bytes } = this.#held;
    if (bytes + part.length > this.#deps.maxBodyBytes) this.#refuseLong();
    else if (this.#held.grow(part.length)) this.#buffer.add(part);
    else this.#giveUp('overloaded', `there is no room for more than ${String(bytes)} bytes of it`);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#end();
    this.#held.keep();
    this.#deps.resolve({ bytes: this.#buffer.take(), held: this.#held });
  }

  #leave(): void {
    this.#giveUp('bad-request', 'the connection ended before the body');
  }

  #refuseLong(): void {
    this.#giveUp('body-too-large', `it has more than ${String(this.#deps.maxBodyBytes)} bytes`);
  }

  #giveUp(code: Unread['code'], detail: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#held.release();
    this.#deps.raw.resume();
    this.#deps.resolve({ code, detail });
  }

  #end(): void {
    this.#isOver = true;
    this.#deps.arriving.delete(this);
  }
}

function nothing(): void {
  // An error of a connection that is gone.
}
