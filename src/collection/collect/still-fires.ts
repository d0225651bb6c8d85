import { firingIn, readTold } from '../../book/told.ts';
import { decodeEvent, isEvent } from '../../events/envelope.ts';
import { nanosOf } from '../../events/instant.ts';
import { collectionSubject, type Pod } from '../../events/subjects.ts';
import type { Connection } from '../../log/connection.ts';
import { lastMessage, readRange } from '../../log/read.ts';

interface AlertRef {
  alertname?: string;
  fingerprint: string;
  startsAt: string;
}

/**
 * Looks whether an alert that a collection answers still fires: the one that asked for it, or one that was attached since.
 * An alert that is not on the stream any more counts as firing: nobody said that it ended.
 */
export function createStillFires(connection: Connection, stream: string) {
  const hasResolved = async ({ alertname, fingerprint, startsAt }: AlertRef): Promise<boolean> => {
    const key = { alertname, fingerprint, startsAtNanos: nanosOf(startsAt) ?? 0n };
    const told = await readTold((subject) => lastMessage(connection, stream, subject), key);
    return told.resolved !== undefined && !firingIn(told);
  };
  return async (pod: Pod, trigger: AlertRef, requestedAt: number): Promise<boolean> => {
    if (!(await hasResolved(trigger))) return true;
    const attached = { filter: collectionSubject(pod, 'AlertAttached'), from: requestedAt };
    for await (const message of readRange(connection, stream, attached)) {
      const event = decodeEvent(message);
      if (isEvent(event) && event.type === 'AlertAttached' && !(await hasResolved(event.data))) return true;
    }
    return false;
  };
}
