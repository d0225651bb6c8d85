import type { JsMsg, MsgHdrs, StoredMsg } from 'nats';
import type { StoredMessage } from '../events/envelope.ts';

/** A delivered message in the form that the event module reads. */
export function fromDelivery(message: JsMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    // Read only where asked for: most folds don't.
    get storedAt() {
      return new Date(message.info.timestampNanos / 1e6).toISOString();
    },
    header: headerOf(message.headers),
    body: message.data,
  };
}

/** A message that was looked up. */
export function fromStored(message: StoredMsg): StoredMessage {
  return {
    subject: message.subject,
    sequence: message.seq,
    storedAt: message.time.toISOString(),
    header: headerOf(message.header),
    body: message.data,
  };
}

function headerOf(headers: MsgHdrs | undefined) {
  // `get` of the client answers '' for an absent header.
  return (name: string) => headers?.get(name) || undefined;
}
