import {
  decodeEvent,
  isEvent,
  type StoredEvent,
  type StoredMessage,
  type Unreadable,
} from '../../events/envelope.ts';

/** What checks the promises of a feature. Pure. */
export interface Auditor {
  /** Told of the sequence of every message, also of probes. */
  see?: (sequence: number) => void;
  event: (event: StoredEvent) => void;
  /** The subject of a timer that is set. */
  timer?: (subject: string) => void;
  /** A message that is no event of the catalogue. True: this auditor knows what it is. */
  unreadable?: (message: StoredMessage, why: Unreadable) => boolean;
}

export interface AuditDriver {
  apply: (message: StoredMessage) => void;
  counts: () => {
    messages: number;
    /** Timers of the server: no facts. */
    timers: number;
    /** Messages that are no events of the catalogue. */
    unreadable: number;
  };
  notes: () => { what: string; sequences: number[] }[];
}

/** Gives every message of a stream, in order, to those whom it concerns. */
export function createDriver(auditors: readonly Auditor[]): AuditDriver {
  const counts = { messages: 0, timers: 0, unreadable: 0 };
  const notes: { what: string; sequences: number[] }[] = [];

  const noEvent = (message: StoredMessage, why: Unreadable) => {
    if (auditors.some(({ unreadable }) => unreadable?.(message, why))) return;
    counts.unreadable += 1;
    notes.push({ what: `no event, on ${message.subject}: ${why.message}`, sequences: [message.sequence] });
  };

  return {
    apply: (message) => {
      const { subject, sequence } = message;
      for (const { see } of auditors) see?.(sequence);
      if (subject.startsWith('aw.schedule.probe.')) return;
      counts.messages += 1;
      if (subject.startsWith('aw.schedule.')) {
        counts.timers += 1;
        for (const { timer } of auditors) timer?.(subject);
        return;
      }
      const read = decodeEvent(message);
      if (!isEvent(read)) noEvent(message, read);
      else for (const { event } of auditors) event(read);
    },
    counts: () => ({ ...counts }),
    notes: () => [...notes],
  };
}
