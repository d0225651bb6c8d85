import { describe, expect, it } from 'vitest';
import { createAudit, type AuditEnd } from '../../src/collection/audit/audit.ts';
import type { AlertReceivedData, AlertRenewedData } from '../../src/events/data/alert.ts';
import { createEvent, type Event, type StoredMessage } from '../../src/events/envelope.ts';
import { sha256Hex } from '../../src/events/ids.ts';
import { alertRef, at, plan, pod, receptionOf, story, stored, t0 } from '../support/events.ts';

const { rule: _, ...planOf } = plan;
const about = { part: 'test', time: at(0) };

/** A policy with these matchers, written so many seconds after the beginning. */
function policy(match: string[], seconds = 0): Event {
  const rows = [{ name: 'row', match, plan: planOf }];
  const data = { hash: sha256Hex(JSON.stringify(rows)), rows, maxAlertAgeSeconds: 900 };
  return createEvent('PolicyConfigured', data, { ...about, time: at(seconds), causeId: '0' });
}
const crate = policy(['alertname=~"CrateDB.+"']);
const nothing = (seconds: number) => policy(['alertname="Other"'], seconds);

const dataOf = (number: number): AlertReceivedData => ({
  ...{ source: 'alertmanager', receiver: 'r', groupKey: 'g', status: 'firing', annotations: {} },
  labels: {
    ...{ alertname: 'CrateDBContainerRestart', kube_context: pod.kubeContext },
    ...{ namespace: pod.namespace, pod: pod.pod },
  },
  ...{ startsAt: alertRef(number).startsAt, fingerprint: alertRef(number).fingerprint },
  ...{ generatorURL: '', externalURL: '', receivedAt: at(0) },
});
/** The alert of that number, stored so many seconds after the beginning. */
const alert = (number = 1, seconds = 0, changes: Partial<AlertReceivedData> = {}) =>
  createEvent('AlertReceived', { ...dataOf(number), ...changes }, { ...about, time: at(seconds) });
const renewed = (number: number, changes: Partial<AlertRenewedData>) => {
  const { alertId } = alertRef(number);
  const data = { ...dataOf(number), alertId, reason: 'repeated' as const, receivedAt: at(50), ...changes };
  return createEvent('AlertRenewed', data, about);
};
const declined = (number: number) => {
  const { alertId, fingerprint, startsAt } = alertRef(number);
  const data = { alertId, fingerprint, startsAt, alertname: 'CrateDBContainerRestart', label: 'pod' };
  const why = { reason: 'missing-label' as const, message: 'no label pod' };
  return createEvent(
    'AlertDeclined',
    { ...data, ...why },
    { ...about, causeId: receptionOf(alertRef(number)) },
  );
};
const rejected = (consumer: string, sequence: number) =>
  createEvent(
    'EventRejected',
    { consumer, sequence, subject: 'aw.x', deliveries: 20, error: { code: 'unexpected', message: 'm' } },
    about,
  );

const one = story(alertRef(1));
const until = at(600);
const suppressed = one.suppressed(alertRef(1), until);
const elapsed = one.elapsed(alertRef(1), until);
const again = (type: 'CollectionRequested' | 'CollectionSuppressed') => {
  const event = type === 'CollectionRequested' ? one.requested() : one.suppressed(alertRef(1), at(1_200));
  return { ...event, id: `${elapsed.id}/${type}` };
};
const timer = { ...stored(elapsed, 0), subject: `aw.schedule.cooldown.${alertRef(1).alertId}` };

type Item = Event | StoredMessage;

function audit(items: readonly Item[], ending: AuditEnd = {}, first = 1) {
  const reader = createAudit();
  for (const [index, item] of items.entries())
    reader.apply('type' in item ? stored(item, first + index) : { ...item, sequence: first + index });
  const { violations, waiting, notes } = reader.finish(ending);
  return {
    broken: violations
      .filter(({ promise }) => promise === 6)
      .map(({ what, sequences }) => [what, ...sequences]),
    waiting: waiting.map(({ what, since, until: end }) => [what, since.sequence, ...(end ? [end] : [])]),
    notes: notes.map(({ what }) => what).filter((what) => what.startsWith('it cannot be said')),
  };
}

const undecided = 'the policy in force matches it, but nothing was decided';
const notAgain = 'was not decided again after its cooldown';
const gone = `its timer for ${until} is gone, and there is no CooldownElapsed`;
const settled = { settled: true };
const clean = { broken: [], waiting: [], notes: [] };
const unknown = (count: number) => [
  expect.stringMatching(new RegExp(`matched ${String(count)} of the`)) as string,
];

describe('an alert that the policy matches', () => {
  it('breaks the promise where nothing was decided about it and the intake is through with it', () => {
    const items = [crate, alert(1), alert(2), one.requested()];
    expect(audit(items, { decidedUpTo: 3 })).toEqual({ ...clean, broken: [[undecided, 3]] });
    expect(audit(items, settled)).toEqual({ ...clean, broken: [[undecided, 3]] });
    const waiting = [['waits to be decided', 3]];
    expect(audit(items, { decidedUpTo: 2 })).toEqual({ ...clean, waiting });
    expect(audit(items)).toEqual({ ...clean, waiting });
  });

  it('is named with its id and its pod', () => {
    const reader = createAudit();
    for (const [index, event] of [crate, alert(1)].entries()) reader.apply(stored(event, index + 1));
    const { kubeContext, namespace } = pod;
    expect(reader.finish(settled).violations).toEqual([
      {
        ...{ promise: 6, name: 'decided', what: undecided, sequences: [2] },
        ...{ alertId: alertRef(1).alertId, pod: `${kubeContext}/${namespace}/${pod.pod}` },
      },
    ]);
  });

  it('is decided by each of the four decisions, and only by one of its own', () => {
    const stale = { ...suppressed, data: { ...suppressed.data, reason: 'stale' as const, until: undefined } };
    const { until: _until, ...data } = stale.data;
    for (const decision of [one.requested(), one.attached(alertRef(1)), { ...stale, data }, declined(1)])
      expect(audit([crate, alert(1), decision], settled), decision.type).toEqual(clean);
    const other = { ...one.requested(), id: `${receptionOf(alertRef(2))}/CollectionRequested` };
    expect(audit([crate, alert(1), other], settled).broken).toEqual([[undecided, 2]]);
  });

  it('needs none that resolved, that was asked for by hand, or that the intake gave up on', () => {
    const others = [alert(1, 0, { status: 'resolved' }), alert(2, 0, { source: 'api' })];
    expect(audit([crate, ...others], settled)).toEqual(clean);
    expect(audit([crate, alert(1), rejected('intake', 2)], settled)).toEqual(clean);
    expect(audit([crate, alert(1), rejected('collect', 2)], settled).broken).toEqual([[undecided, 2]]);
  });

  it('is decided once, however often it is told', () => {
    expect(audit([crate, alert(1), one.requested(), alert(1)], settled)).toEqual(clean);
    const without = { labels: { alertname: 'CrateDBContainerRestart' } };
    const twice = [alert(1, 0, without), declined(1), renewed(1, without)];
    expect(audit([crate, ...twice], settled)).toEqual(clean);
  });

  it('has to be decided again where it was told again and that is news', () => {
    const told = [crate, alert(1), one.requested()];
    for (const reason of ['repeated', 'returned'] as const) {
      const news = renewed(1, { reason });
      expect(audit([...told, news], settled).broken, reason).toEqual([[undecided, 4]]);
      const id = news.id.replace(/AlertRenewed$/, 'AlertAttached');
      const attached = { ...one.attached(alertRef(1)), id };
      expect(audit([...told, news, attached, news], settled), reason).toEqual(clean);
    }
    const changed = renewed(1, { reason: 'changed' });
    const resolved = renewed(1, { status: 'resolved', alertId: alert(1, 0, { status: 'resolved' }).id });
    expect(audit([...told, changed, resolved], settled)).toEqual(clean);
  });

  it('has to be decided also where the stream begins in the middle', () => {
    const past = { ...audit([crate, alert(1)], settled, 7) };
    expect(past).toEqual({ ...clean, notes: unknown(1) });
    expect(audit([crate, alert(1, 3_601)], settled, 7).broken).toEqual([[undecided, 8]]);
  });
});

describe('the policy in force', () => {
  it('is unknown before the first one: one note counts the alerts', () => {
    expect(audit([alert(1), alert(2), crate], settled)).toEqual({ ...clean, notes: unknown(2) });
  });

  it('is that of no row, or of a matcher that nobody can read: nothing is said', () => {
    expect(audit([nothing(0), alert(1)], settled)).toEqual(clean);
    const unreadable = policy(['alertname=~"("']);
    expect(audit([unreadable, alert(1)], settled)).toEqual({ ...clean, notes: unknown(1) });
  });

  it('may be one that came later, while the intake was away', () => {
    expect(audit([crate, alert(1), nothing(10)], settled)).toEqual({ ...clean, notes: unknown(1) });
    expect(audit([crate, alert(1), one.requested(), nothing(10)], settled)).toEqual(clean);
    expect(audit([crate, alert(1), crate], settled).broken).toEqual([[undecided, 2]]);
    expect(audit([nothing(0), alert(1), crate], settled)).toEqual(clean);
  });

  it('may be one that was in force within the hour before, for older processes go on for a while', () => {
    const changed = [nothing(0), policy(['alertname=~"CrateDB.+"'], 7_200)];
    expect(audit([...changed, alert(1, 7_200 + 3_599)], settled)).toEqual({ ...clean, notes: unknown(1) });
    expect(audit([...changed, alert(1, 7_200 + 3_601)], settled).broken).toEqual([[undecided, 3]]);
  });

  it('may be one that is not on the stream, within the hour after the first one, where somebody decided before', () => {
    const before = [alert(2), story(alertRef(2)).requested()];
    expect(audit([...before, crate, alert(1, 3_599)], settled)).toEqual({ ...clean, notes: unknown(2) });
    expect(audit([...before, crate, alert(1, 3_601)], settled)).toEqual({
      ...clean,
      broken: [[undecided, 4]],
      notes: unknown(1),
    });
  });
});

describe('an alert that was suppressed for a cooldown', () => {
  const told = [crate, alert(1)];
  const untilMs = t0 + 600_000;
  const minute = 60_000;
  const read = (beganAtMs: number, endedAtMs = beganAtMs + minute) => ({ reading: { beganAtMs, endedAtMs } });
  const open = ['waits for the end of the cooldown', 3, until];

  it('waits for its timer', () => {
    expect(audit([...told, suppressed, timer], read(t0))).toEqual({ ...clean, waiting: [['waits for the end of the cooldown', 3, until]] }); // prettier-ignore
    expect(audit([...told, suppressed], { ...read(t0), timers: [timer.subject] }).waiting).toEqual([open]);
  });

  it('waits in vain where its timer is gone, unless that may just have fired', () => {
    const lost = { ...clean, broken: [[gone, 3]] };
    const maybe = { ...clean, waiting: [open] };
    const items = [...told, suppressed];
    expect(audit(items, read(t0))).toEqual(lost);
    expect(audit(items, read(untilMs - 2 * minute))).toEqual(lost);
    expect(audit(items, read(untilMs - minute, untilMs))).toEqual(maybe);
    expect(audit(items, read(untilMs - minute, untilMs + minute))).toEqual(maybe);
    expect(audit(items, read(untilMs + 3 * minute))).toEqual(maybe);
    expect(audit(items, read(untilMs + 3 * minute + 1))).toEqual(lost);
    expect(audit(items)).toEqual(maybe);
    expect(audit(items, { ...settled, ...read(untilMs) })).toEqual(lost);
  });

  it('shares its timer with its later suppressions: the last one counts', () => {
    const news = renewed(1, { reason: 'returned' });
    const id = news.id.replace(/AlertRenewed$/, 'CollectionSuppressed');
    const later = { ...one.suppressed(alertRef(1), at(900)), id };
    const items = [...told, suppressed, news, later];
    expect(audit(items, settled).broken).toEqual([[gone.replace(until, at(900)), 5]]);
    const end = { ...one.elapsed(alertRef(1), at(900)), id: `${id}/CooldownElapsed` };
    const decided = { ...one.requested(), id: `${end.id}/CollectionRequested` };
    expect(audit([...items, end, decided, suppressed], settled)).toEqual(clean);
  });

  it('is decided again when it has elapsed, once, however often that is told', () => {
    const items = [...told, suppressed, elapsed];
    expect(audit(items, { decidedUpTo: 4 }).broken).toEqual([[notAgain, 3, 4]]);
    expect(audit(items, { decidedUpTo: 3 }).waiting).toEqual([['waits to be decided', 4]]);
    expect(audit([...items, elapsed, again('CollectionRequested')], settled)).toEqual(clean);
    expect(audit([...items, again('CollectionRequested'), elapsed], settled)).toEqual(clean);
    const next = [...items, again('CollectionSuppressed')];
    expect(audit(next, settled).broken).toEqual([[gone.replace(until, at(1_200)), 5]]);
    const end = { ...elapsed, id: `${again('CollectionSuppressed').id}/CooldownElapsed` };
    expect(audit([...next, end], settled).broken).toEqual([[notAgain, 5, 6]]);
  });

  it('is not decided again where it has resolved, was answered, is gone, or the policy is not known', () => {
    const resolved = alert(1, 0, { status: 'resolved' });
    const items = [suppressed, elapsed];
    expect(audit([...told, resolved, ...items], settled)).toEqual(clean);
    expect(audit([...told, ...items, resolved], settled)).toEqual(clean);
    const told2 = renewed(1, { status: 'resolved', alertId: resolved.id });
    expect(audit([...told, ...items, told2], settled)).toEqual(clean);
    expect(audit([...told, one.requested(), elapsed], settled)).toEqual(clean);
    expect(audit([...told, ...items, rejected('intake', 4)], settled)).toEqual(clean);
    expect(audit([crate, ...items], settled)).toEqual(clean);
    expect(audit([...told, suppressed, nothing(10), elapsed], settled)).toEqual({
      ...clean,
      notes: unknown(1),
    });
  });

  it('needs no suppression where the intake was killed before it and the timer decided; one that comes after that is one too many', () => {
    const items = [...told, elapsed, again('CollectionRequested')];
    expect(audit(items, settled)).toEqual(clean);
    expect(audit([...items, suppressed, elapsed], settled).broken).toEqual([['is decided again', 4, 5]]);
  });

  it('is not missed where only its end is on the stream', () => {
    expect(audit([crate, elapsed], settled, 7)).toEqual(clean);
  });
});
