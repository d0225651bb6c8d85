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

/** By name, case counts. The client's own `get` goes through all names for each. */
function headerOf(headers: MsgHdrs | undefined) {
  let values: Map<string, string[]> | undefined;
  return (name: string): string | undefined => {
    values ??= new Map(headers);
    const value = values.get(name)?.[0];
    return value ? copied(value) : undefined;
  };
}

/**
 * The client cuts header values out of one text, which each of them would keep in memory as a whole: several times what
 * the board keeps of an event.
 */
function copied(value: string): string {
  return Buffer.from(value).toString();
}
