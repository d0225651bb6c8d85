import type { StoredEvent, StoredMessage, Unreadable } from '../../events/envelope.ts';
import { idOfAlert, alertIdOf } from '../../events/ids.ts';
import { nanosOf } from '../../events/instant.ts';
import type { AuditHistory } from './history.ts';
import type { Note, Report } from './promises.ts';

export type Alerts = ReturnType<typeof createAlerts>;

/** Promise 1: every alert is on the stream exactly once per fingerprint, instant of startsAt, and status. */
export function createAlerts(history: AuditHistory, report: Report) {
  const sequences = new Map<string, number>();
  const renewed = new Set<string>();

  return {
    apply: ({ id, data, sequence }: StoredEvent<'AlertReceived'>): void => {
      const alertId = idOf(data, id);
      if (id !== alertId) report(1, `its id does not follow from its data: ${id}`, { alertId }, [sequence]);
      const earlier = sequences.get(alertId);
      if (earlier === undefined) sequences.set(alertId, sequence);
      else report(1, 'is on the stream again', { alertId }, [earlier, sequence]);
    },

    /** An alert that is told again is no duplicate, however often; but it was told before. */
    applyRenewed: ({ data, sequence }: StoredEvent<'AlertRenewed'>): void => {
      const { alertId: named } = data;
      const alertId = idOf(data, named);
      if (named !== alertId)
        report(1, `is renewed under an id that does not follow from its data: ${named}`, { alertId }, [
          sequence,
        ]);
      else if (!sequences.has(alertId) && !history.isCut())
        report(1, 'is renewed, but was never received', { alertId }, [sequence]);
      renewed.add(alertId);
    },

    /** True where the message is an alert, but not where an alert belongs. */
    applyUnreadable: ({ header, sequence }: StoredMessage, { code, message }: Unreadable): boolean => {
      const alertId = header('ce-id');
      if (header('ce-type') !== 'AlertReceived' || code !== 'wrong-subject' || !alertId) return false;
      report(1, message, { alertId }, [sequence]);
      return true;
    },

    /** `accepted` are the ids that a sender was told are accepted. */
    finish: (accepted: Iterable<string>): Note[] => {
      const missing = [...new Set(accepted)].filter((id) => !sequences.has(id));
      if (!history.isCut()) {
        for (const alertId of missing) report(1, 'was accepted and is not on the stream', { alertId }, []);
        return [];
      }
      const what = 'was accepted and is not on the stream (any more)';
      return missing.map((alertId) => ({ what, alertId, sequences: [] }));
    },

    isReceived: (alertId: string) => sequences.has(alertId),
    /** True where some source said so, the first time or again. */
    isTold: (alertId: string) => sequences.has(alertId) || renewed.has(alertId),
    count: () => sequences.size,
  };
}

/** The id that follows from the data. With a foreign fingerprint the name is part of it; earlier versions left that out. */
function idOf(data: StoredEvent<'AlertReceived'>['data'], told: string): string {
  const withoutName = alertIdOf(data.fingerprint, nanosOf(data.startsAt) ?? 0n, data.status);
  return told === withoutName ? withoutName : idOfAlert(data);
}
