import type { JsMsg, StoredMsg } from 'nats';
import type { StoredMessage } from '../events/envelope.ts';
import { deliveredHeaders, parsedHeaders } from './header.ts';

/** A delivered message in the form that the event module reads. */
export function fromDelivery(message: JsMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    // Read only where asked for: most folds don't.
    get storedAt() {
      return new Date(message.info.timestampNanos / 1e6).toISOString();
    },
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
