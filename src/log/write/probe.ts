import { setTimeout as delay } from 'node:timers/promises';
import { firstProbeSubject, probeSubject } from '../../events/subjects.ts';
import type { Connection } from '../connection.ts';
import { type Definitions, streamName } from '../streams/definitions.ts';
import { isNotFound, toLogError, WrongLastSequence } from '../errors.ts';
import { chunkSubject } from '../objects/format.ts';
import type { Publisher } from './publisher.ts';

/** A stream, and a subject of it on which a message means nothing to anybody. */
export interface Probe {
  stream: string;
  subject: string;
  /** The one on which the first message of an empty stream goes: there it stays. */
  firstSubject?: string;
}

/** Why a probe was not stored. */
export interface ProbeFailure {
  reason: string;
  /** The server refused it in words: it works. Without an answer it stores nothing. */
  isAnswered: boolean;
}

const answerTimeoutMs = 2_000;

export const streamProbe: Probe = {
  ...{ stream: streamName, subject: probeSubject },
  firstSubject: firstProbeSubject,
};

/** The stream and the buckets: an error of the disk stops each of them by itself, and leaves the others as they are. */
export function probesOf({ buckets }: Definitions): Probe[] {
  const bucketNames = buckets.map(({ name }) => name.replace(/^OBJ_/, ''));
  return [
    streamProbe,
    ...bucketNames.map((name) => ({ stream: `OBJ_${name}`, subject: chunkSubject(name, 'probe') })),
  ];
}

/**
 * Makes what has the server store a message, which takes the place of the one before, so that one of them is there. It resolves
 * to why the server did not, or to undefined.
 */
export function createTryWrite(
  { publisher, jsm }: Connection,
  { stream, subject, firstSubject }: Probe,
): () => Promise<ProbeFailure | undefined> {
  let mayBeEmpty = firstSubject !== undefined;
  const write = async () => {
    const hasBegun = mayBeEmpty && (await beginStream(publisher, firstSubject ?? ''));
    mayBeEmpty = false;
    if (!hasBegun) await publisher.publish({ subject, headers: { 'Nats-Rollup': 'sub' }, body: '' });
  };
  return async () => {
    try {
      await write();
      return undefined;
    } catch (error) {
      const { message: reason } = toLogError(error, `a write to ${stream}`);
      const { code, api_error: refusal } = error as { code?: string; api_error?: unknown };
      // Nobody takes the subject: there is no JetStream any more, or no such stream, which is no fault of the server.
      const isGone = code === '503' && refusal === undefined && (await jsm.streams.info(stream).then(() => false, isNotFound)); // prettier-ignore
      if (isGone) return { reason: `a write to ${stream}: stream not found`, isAnswered: true };
      return { reason, isAnswered: refusal !== undefined };
    }
  };
}

/** Writes the first message of a stream that has never had one; false where it has. */
async function beginStream(publisher: Publisher, subject: string): Promise<boolean> {
  try {
    await publisher.publish({ subject, headers: { 'Nats-Expected-Last-Sequence': '0' }, body: '' });
    return true;
  } catch (error) {
    if (toLogError(error, 'begin') instanceof WrongLastSequence) return false;
    throw error;
  }
}

/** True where the server answers anything: a ping, within 2 s. */
export async function answers({ nc, isConnected }: Connection): Promise<boolean> {
  if (!isConnected()) return false;
  const pong = nc.flush().then(() => true, () => false); // prettier-ignore
  return Promise.race([pong, delay(answerTimeoutMs, false, { ref: false })]);
}

/** The subjects that the server has denied to the user of this connection, which the publisher hears nothing of. */
export function watchDenied({ nc }: Connection): ReadonlySet<string> {
  const denied = new Set<string>();
  const watch = async () => {
    for await (const { permissionContext } of nc.status()) {
      if (permissionContext?.operation === 'publish') denied.add(permissionContext.subject);
    }
  };
  void watch();
  return denied;
}
