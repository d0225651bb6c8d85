import type { JsMsg, StoredMsg } from 'nats';
import type { StoredMessage } from '../events/envelope.ts';
import { deliveredHeaders, parsedHeaders } from './write/header.ts';

/** A delivered message in the form that the event module reads. */
export function fromDelivery(message: JsMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    // No getter, though most folds don't ask for it: V8 keeps the getter of each object among what is old, and all that the
    // getter knows with it, until the next full collection.
    storedAt: new Date(message.info.timestampNanos / 1e6).toISOString(),
    header: deliveredHeaders(message),
    body: message.data,
  };
}

/** A message that was looked up. */
export function fromStored(message: StoredMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    storedAt: message.time.toISOString(),
    header: parsedHeaders(() => message.header),
    body: message.data,
  };
}
