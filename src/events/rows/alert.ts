import { AlertDeclined, AlertReceived, AlertRenewed, AlertUnanswered } from '../data/alert.ts';
import { decidedIdOf, idOfAlert, receptionIdOf } from '../ids.ts';
import { nanosOf } from '../instant.ts';
import { alertSubject } from '../subjects.ts';
import { define, encoded, type Family } from './row.ts';

const family: Family<'alert'> = {
  name: 'alert',
  tokens: {
    alertname: { description: `Label alertname, ${encoded}; ~ where the alert has none.` },
    fingerprint: { description: `Fingerprint of the alert, ${encoded}.` },
    startsAt: { description: 'startsAt of the alert, in nanoseconds since 1970.' },
    status: { description: 'Status of the alert.', enum: ['firing', 'resolved'] },
  },
};

/** What sources told of alerts, and what became of those that led to nothing. */
export const alertRows = {
  AlertReceived: define({
    family,
    parts: ['ingest', 'api'],
    data: AlertReceived,
    subject: (data) => toldSubject(data, 'AlertReceived'),
    id: idOfAlert,
  }),
  AlertDeclined: define({
    family,
    parts: ['intake', 'collect'],
    fixed: { status: 'firing' },
    data: AlertDeclined,
    subject: (data) => alertSubject({ ...keyOf(data), status: 'firing' }, 'AlertDeclined'),
    id: (_data, causeId) => decidedIdOf(causeId, 'AlertDeclined'),
  }),
  AlertRenewed: define({
    family,
    parts: ['ingest'],
    data: AlertRenewed,
    subject: (data) => toldSubject(data, 'AlertRenewed'),
    id: ({ alertId, receivedAt }) =>
      decidedIdOf(receptionIdOf(alertId, nanosOf(receivedAt) ?? 0n), 'AlertRenewed'),
  }),
  AlertUnanswered: define({
    family,
    parts: ['intake', 'collect'],
    fixed: { status: 'firing' },
    data: AlertUnanswered,
    subject: (data) => alertSubject({ ...keyOf(data), status: 'firing' }, 'AlertUnanswered'),
    id: (_data, causeId) => decidedIdOf(causeId, 'AlertUnanswered'),
  }),
} as const;

function toldSubject(
  data: { fingerprint: string; startsAt: string; status: string; labels: Record<string, string> },
  type: string,
): string {
  const { labels, status } = data;
  return alertSubject({ ...keyOf(data), alertname: labels['alertname'], status }, type);
}

function keyOf(data: { alertname?: string; fingerprint: string; startsAt: string }) {
  const startsAtNanos = nanosOf(data.startsAt);
  if (startsAtNanos === undefined) throw new RangeError(`startsAt is not an RFC 3339 time: ${data.startsAt}`);
  return { alertname: data.alertname, fingerprint: data.fingerprint, startsAtNanos };
}
