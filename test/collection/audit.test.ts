import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditResult, createAudit, type AuditEnd } from '../../src/collection/audit/audit.ts';
import type { AlertReceivedData, AlertRenewedData } from '../../src/events/data/alert.ts';
import { createEvent, type Event, type StoredMessage } from '../../src/events/envelope.ts';
import { alertIdOf } from '../../src/events/ids.ts';
import { nanosOf } from '../../src/events/instant.ts';
import { alertRef, at, pod, recording, story, stored } from '../support/events.ts';
import { validHistory } from '../support/histories.ts';

const one = story(alertRef(1));
const two = story(alertRef(2), 100);
const uploadedOf = (of: typeof one, url: string, run = 1) => {
  const event = of.uploaded(1, run);
  return { ...event, data: { ...event.data, url } };
};
const ofOne = `collection ${one.collectionId}`;
const clean = [one.requested(), one.started(), one.collected(), uploadedOf(one, 's3://b/one')];
const retried = [
  ...[two.requested(), two.attached(alertRef(3)), two.started(), two.attemptFailed(1, at(110))],
  ...[two.started(2), two.collected(2), two.uploadFailed(1, at(150)), two.failed('upload', 1)],
  ...[two.redriven(2, 'upload'), uploadedOf(two, 's3://b/two', 2)],
];

function alert(changes: Partial<AlertReceivedData> = {}) {
  const data: AlertReceivedData = {
    ...{ source: 'alertmanager', receiver: 'r', groupKey: 'g', status: 'firing', annotations: {} },
    labels: { alertname: 'CrateDBContainerRestart' },
    ...{ startsAt: '2026-11-20T19:10:36.608863299Z', fingerprint: '0000000000000001' },
    ...{ generatorURL: '', externalURL: '', receivedAt: at(0) },
    ...changes,
  };
  return createEvent('AlertReceived', data, { part: 'ingest', time: at(0) });
}

function auditOf(messages: StoredMessage[], ending: AuditEnd = {}): AuditResult {
  const audit = createAudit();
  for (const message of messages) audit.apply(message);
  return audit.finish(ending);
}

const fromSequence = (first: number, events: Event[]) =>
  events.map((event, index) => stored(event, first + index));

/** `promise: what (sequences)` of every violation. */
const broken = ({ violations }: AuditResult) =>
  violations.map(
    ({ promise, what, sequences }) =>
      `${String(promise)}: ${what}${sequences.length > 0 ? ` (${sequences.join(' ')})` : ''}`,
  );
const brokenBy = (events: Event[], ending: AuditEnd = {}) => broken(auditOf(fromSequence(1, events), ending));
const only = (promise: number, lines: string[]) =>
  lines.filter((line) => line.startsWith(`${String(promise)}:`));

describe('a clean history', () => {
  it('breaks nothing, and is counted', () => {
    const result = auditOf(fromSequence(1, [alert(), ...clean, ...retried]), { settled: true });
    const unknown = { what: expect.stringContaining('the policy in force matched 1 of the') as string };
    expect(result).toMatchObject({ violations: [], notes: [unknown], open: [], waiting: [] });
    expect(result.counts).toMatchObject({
      ...{ messages: 15, alerts: 1, collections: 2, unreadable: 0 },
      runs: { uploaded: 2, failed: 1, cancelled: 0, open: 0 },
    });
    expect(result.recordings.map(({ about: { url, run } }) => [url, run])).toEqual([
      ['s3://b/one', 1],
      ['s3://b/two', 2],
    ]);
  });

  it('may hold timers, elapsed cooldowns, and what is garbage of somebody else', () => {
    const elapsed = one.elapsed(alertRef(4), at(600));
    const timer = { ...stored(elapsed, 6), subject: 'aw.schedule.cooldown.x' };
    const garbage = { ...stored(alert(), 7), subject: 'aw.alert.x', header: () => undefined };
    const result = auditOf([...fromSequence(1, [...clean, elapsed]), timer, garbage]);
    expect(result.violations).toEqual([]);
    expect(result.counts).toMatchObject({ timers: 1, unreadable: 1, messages: 7 });
    expect(result.notes.filter(({ what }) => what.startsWith('no event'))).toEqual([
      { what: expect.stringContaining('no event, on aw.alert.x') as string, sequences: [7] },
    ]);
  });

  it('is whatever the machine takes event by event: nothing of 2, 4 and 5 is broken', () => {
    fc.assert(
      fc.property(validHistory, (events) => {
        const lines = brokenBy(events);
        expect([...only(2, lines), ...only(4, lines), ...only(5, lines)]).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('that begins anywhere in the middle gives no false violation', () => {
    fc.assert(
      fc.property(validHistory, fc.nat(), (events, cut) => {
        const rest = events.slice(1 + (cut % events.length));
        const lines = broken(auditOf(fromSequence(events.length - rest.length + 1, rest)));
        // The urls of these histories are all the same.
        expect(lines.filter((line) => !line.includes('another run has the same url'))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('1: every alert is on the stream exactly once', () => {
  const { fingerprint, startsAt } = alert().data;
  const id = alertIdOf(fingerprint, nanosOf(startsAt) ?? 0n, 'firing', 'CrateDBContainerRestart');

  it('the same alert again breaks it, also where startsAt is another text of the same instant', () => {
    const sameInstant = alert({ startsAt: '2026-11-20T20:10:36.608863299+01:00' });
    const resolved = alert({ status: 'resolved' });
    const { violations } = auditOf(fromSequence(1, [alert(), resolved, sameInstant]));
    expect(violations).toEqual([
      { promise: 1, name: 'alert-once', what: 'is on the stream again', alertId: id, sequences: [1, 3] },
    ]);
  });

  it('an id or a subject that does not follow from the data breaks it', () => {
    expect(brokenBy([{ ...alert(), id: 'made up' }])).toEqual([
      '1: its id does not follow from its data: made up (1)',
    ]);
    const elsewhere = { ...stored(alert(), 1), subject: 'aw.alert.a.b.c.firing.AlertReceived' };
    expect(broken(auditOf([elsewhere]))).toEqual([
      '1: the data of this AlertReceived belongs on another subject (1)',
    ]);
  });

  it('an accepted alert that is not there breaks it; where the stream begins in the middle it is a note', () => {
    const accepted = [id, 'lost', 'lost'];
    const { violations } = auditOf(fromSequence(1, [alert()]), { accepted });
    expect(violations).toMatchObject([{ what: 'was accepted and is not on the stream', alertId: 'lost' }]);
    const later = auditOf(fromSequence(9, [alert()]), { accepted });
    expect(later.violations).toEqual([]);
    expect(later.notes).toContainEqual(expect.objectContaining({ alertId: 'lost' }));
  });
});

describe('1: an alert that is told again', () => {
  const received = alert();
  const renewed = (changes: Partial<AlertRenewedData> = {}) => {
    const data = { ...received.data, alertId: received.id, reason: 'repeated' as const, ...changes };
    return createEvent('AlertRenewed', data, { part: 'ingest', time: at(60) });
  };

  it('is no duplicate, however often', () => {
    const later = renewed({ receivedAt: at(120) });
    expect(only(1, brokenBy([received, renewed(), later, renewed({ reason: 'changed' })]))).toEqual([]);
  });

  it('breaks it where its id is another, or where it was never received in that status', () => {
    expect(brokenBy([received, renewed({ alertId: 'made up' })])).toEqual([
      '1: is renewed under an id that does not follow from its data: made up (2)',
    ]);
    const resolved = alert({ status: 'resolved' });
    const { violations } = auditOf(
      fromSequence(1, [received, renewed({ status: 'resolved', alertId: resolved.id })]),
    );
    expect(violations).toMatchObject([
      { promise: 1, what: 'is renewed, but was never received', alertId: resolved.id, sequences: [2] },
    ]);
    expect(broken(auditOf(fromSequence(9, [renewed()])))).toEqual([]);
  });
});

describe('2: every run ends in exactly one of Uploaded or CollectionFailed', () => {
  it('a second end breaks it, whichever, and also one with the same id', () => {
    const again = only(2, brokenBy([...clean, one.failed('upload', 1)]));
    expect(again).toEqual(['2: ends again: CollectionFailed after Uploaded (4 5)']);
    expect(brokenBy([...clean, uploadedOf(one, 's3://b/one')])).toEqual([
      '2: ends again: Uploaded after Uploaded (4 5)',
    ]);
  });

  it('an event after the end breaks it, an attached alert too', () => {
    expect(only(2, brokenBy([...clean, one.uploadFailed(), one.attached(alertRef(3))]))).toEqual([
      '2: goes on after its end: UploadAttemptFailed after Uploaded (4 5)',
      '2: is attached after Uploaded (4 6)',
    ]);
  });

  it('events of a run that was never requested break it', () => {
    const events = [one.started(), one.collected(), one.uploaded(), two.attached(alertRef(3))];
    expect(only(2, brokenBy(events))).toEqual([
      '2: was never requested (1 2 3)',
      '2: is attached to a collection that was never requested (4)',
    ]);
    expect(only(2, brokenBy([...clean, one.started(1, 2)]))).toEqual(['2: was never requested (5)']);
    expect(only(2, brokenBy([one.started(), ...clean]))).toEqual(['2: has events before it begins (1)']);
  });

  it('an event on another pod is of another run', () => {
    const event = one.uploaded();
    const elsewhere = { ...event, data: { ...event.data, pod: 'crate-data-hot-1' } };
    const { violations } = auditOf(fromSequence(1, [...clean, elsewhere]));
    expect(violations.filter(({ promise }) => promise === 2)).toMatchObject([
      { what: 'was never requested', pod: expect.stringContaining('crate-data-hot-1') as string },
    ]);
  });

  it('a run that begins twice, or is a redrive of one that had not failed, breaks it', () => {
    expect(only(2, brokenBy([...clean, one.requested()]))).toEqual([
      '2: begins again: CollectionRequested (1 5)',
    ]);
    expect(only(2, brokenBy([...clean, one.redriven(2, 'upload')]))).toEqual([
      '2: is a redrive of a run that had not failed (4 5)',
    ]);
    expect(only(2, brokenBy([one.requested(), one.redriven(3)]))).toEqual([
      '2: is a redrive of a run that never was (2)',
    ]);
  });

  it('a run without an end is open, and a violation only when all should have settled', () => {
    const events = [...clean, two.requested(), two.started()];
    const { open, violations, counts } = auditOf(fromSequence(1, events));
    expect(violations).toEqual([]);
    expect(counts.runs).toEqual({ uploaded: 1, failed: 0, cancelled: 0, open: 1 });
    expect(open).toEqual([
      {
        ...{ collectionId: two.collectionId, run: 1 },
        pod: `${pod.kubeContext}/${pod.namespace}/${pod.pod}`,
        since: { type: 'CollectionRequested', sequence: 5, storedAt: at(100) },
        last: { type: 'CollectionAttemptStarted', sequence: 6, storedAt: at(102) },
      },
    ]);
    expect(brokenBy(events, { settled: true })).toEqual([
      '2: has no end: its last event is CollectionAttemptStarted (5 6)',
    ]);
  });
});

describe('3: one recording per run, the one that was collected', () => {
  it('an upload of other bytes, or of what nobody collected, breaks it', () => {
    const other = { ...one.uploaded(), data: { ...one.uploaded().data, sha256: 'cd'.repeat(32), bytes: 7 } };
    expect(only(3, brokenBy([...clean.slice(0, 3), other]))).toEqual([
      `3: uploads 7 bytes with sha256 ${'cd'.repeat(32)}, but what was collected is 212536 bytes with sha256 ${recording.sha256} (3 4)`,
    ]);
    expect(only(3, brokenBy([one.requested(), one.uploaded()]))).toEqual([
      '3: uploads what nobody collected (2)',
    ]);
  });

  it('a redriven upload has the recording of the earlier run; a redriven collection has not', () => {
    const other = uploadedOf(two, 's3://b/two', 2);
    const changed = { ...other, data: { ...other.data, bytes: 7 } };
    expect(only(3, brokenBy([...retried.slice(0, -1), changed]))).toHaveLength(1);
    const failed = [one.requested(), one.started(), one.collected(), one.failed('upload', 1)];
    const withoutRecording = [...failed, one.redriven(2, 'collect'), one.uploaded(1, 2)];
    expect(only(3, brokenBy(withoutRecording))).toEqual(['3: uploads what nobody collected (6)']);
  });

  it('two runs with the same url break it', () => {
    const second = [two.requested(), two.started(), two.collected(), uploadedOf(two, 's3://b/one')];
    expect(brokenBy([...clean, ...second])).toEqual(['3: another run has the same url (4 8)']);
  });

  it('what lies in the bucket and no Uploaded names breaks it, unless its run is open', () => {
    const name = `c/n/-/p/2026/11/20/${one.collectionId}`;
    const bucket = { name: 'B', objects: [`${name}.jfr`, `${name}.run2.jfr`, 'else.txt'] };
    const uploaded = [...clean.slice(0, 3), uploadedOf(one, `object-store://B/${name}.jfr`)];
    const { violations } = auditOf(fromSequence(1, uploaded), { bucket });
    expect(violations.map(({ url, what }) => [url, what])).toEqual([
      [`object-store://B/${name}.run2.jfr`, 'lies at the destination, but no Uploaded names it'],
      ['object-store://B/else.txt', 'lies at the destination, but no Uploaded names it'],
    ]);

    const objects = [`${name}.jfr`];
    expect(brokenBy(clean.slice(0, 3), { bucket: { name: 'B', objects } })).toEqual([]);
    const failed = [...clean.slice(0, 3), one.failed('upload', 1)];
    expect(brokenBy(failed, { bucket: { name: 'B', objects } })).toEqual([
      '3: lies at the destination, but its run failed',
    ]);
    expect(brokenBy(clean, { bucket: { name: 'B', objects } })).toEqual([
      '3: lies at the destination, but its run uploaded another one',
    ]);
  });

  it('objects whose events are gone are a note', () => {
    const bucket = { name: 'B', objects: ['a/b/old.jfr'] };
    const { violations, notes } = auditOf(fromSequence(9, clean), { bucket });
    expect(violations).toEqual([]);
    expect(notes).toContainEqual(expect.objectContaining({ url: 'object-store://B/a/b/old.jfr' }));
  });
});

describe('4: one collection of a pod at a time, one attempt after the other', () => {
  const begun = [one.requested(), one.started()];

  it('a second collection of a pod that is collecting breaks it', () => {
    expect(only(4, brokenBy([one.requested(), two.requested()]))).toEqual([
      `4: is collecting while run 1 of ${ofOne} is collecting (1 2)`,
    ]);
    const failed = [two.requested(), two.failed('collect', 0), one.requested(), two.redriven(2)];
    expect(only(4, brokenBy(failed))).toEqual([
      `4: is collecting while run 1 of ${ofOne} is collecting (3 4)`,
    ]);
    expect(brokenBy([...clean.slice(0, 3), two.requested()])).toEqual([]);
  });

  it('attempts that start out of order, again, or beyond the plan break it', () => {
    expect(only(4, brokenBy([one.requested(), one.started(2)]))).toEqual([
      '4: attempt 2 starts after none (2)',
    ]);
    expect(only(4, brokenBy([...begun, one.started()]))).toEqual([
      '4: attempt 1 starts after attempt 1 (2 3)',
    ]);
    const once = [one.requested({ maxAttempts: 1 }), one.started(), one.attemptFailed(1, at(5))];
    expect(only(4, brokenBy([...once, one.started(2)]))).toEqual([
      '4: attempt 2 starts, but the plan has 1 (4)',
    ]);
    expect(only(4, brokenBy([...clean.slice(0, 3), one.started(2)]))).toEqual([
      '4: attempt 2 starts after JfrCollected (3 4)',
    ]);
  });

  it('an attempt that ends twice, or that is not under way, breaks it', () => {
    expect(only(4, brokenBy([...begun, one.attemptFailed(), one.attemptFailed(1, at(5))]))).toEqual([
      '4: attempt 1 ends again (3 4)',
    ]);
    expect(only(4, brokenBy([...begun, one.started(2), one.attemptFailed(1)]))).toEqual([
      '4: attempt 1 ends, but is not under way (3 4)',
    ]);
    expect(only(4, brokenBy([one.requested(), one.collected()]))).toEqual([
      '4: attempt 1 brings a recording, but has not started (2)',
    ]);
  });

  it('an attempt that was cut off need not end, and its recording may be found later', () => {
    expect(brokenBy([...begun, one.started(2), one.collected(1)])).toEqual([]);
  });

  it('attempts that were cut short do not count against the plan, up to ten of them', () => {
    const cut = (code: string, attempt: number) => {
      const event = one.attemptFailed(attempt, at(5));
      return { ...event, data: { ...event.data, error: { code, message: 'stopped' } } };
    };
    const requested = one.requested({ maxAttempts: 1 });
    const ways = [
      one.started(),
      one.started(2),
      cut('handed-back', 2),
      one.started(3),
      cut('interrupted', 3),
    ];
    expect(only(4, brokenBy([requested, ...ways, one.started(4)]))).toEqual([]);
    expect(
      only(4, brokenBy([requested, ...ways, one.started(4), one.attemptFailed(4, at(9)), one.started(5)])),
    ).toEqual(['4: attempt 5 starts, but the plan has 1 and 3 were cut short (9)']);
    const starts = Array.from({ length: 12 }, (_, index) => one.started(index + 1));
    expect(only(4, brokenBy([requested, ...starts.slice(0, 11)]))).toEqual([]);
    expect(only(4, brokenBy([requested, ...starts]))).toEqual([
      '4: attempt 12 starts, but the plan has 1 and 10 were cut short (13)',
    ]);
  });

  it('a second recording of a run breaks it', () => {
    expect(only(4, brokenBy([...clean.slice(0, 3), one.collected()]))).toEqual([
      '4: has a second JfrCollected (3 4)',
    ]);
  });

  it('attempts to upload that are out of order break it', () => {
    expect(only(4, brokenBy([...clean.slice(0, 3), one.uploadFailed(2)]))).toEqual([
      '4: upload attempt 2 ends after none (4)',
    ]);
  });
});

describe('5: state is a replay', () => {
  it('an event that the fold ignores breaks it', () => {
    expect(brokenBy([...clean, one.redriven(2)])).toContain(
      '5: CollectionRedriven is ignored by the fold: the pod is idle (5)',
    );
    expect(brokenBy([one.requested(), two.started()])).toContain(
      `5: CollectionAttemptStarted is ignored by the fold: the pod is collecting run 1 of ${ofOne} (2)`,
    );
  });

  it('a repeat and an elapsed cooldown do not', () => {
    const suppressed = one.suppressed(alertRef(4), at(600));
    const events = [...clean, suppressed, suppressed, one.elapsed(alertRef(4), at(600)), ...clean];
    expect(only(5, brokenBy(events))).toEqual([]);
  });
});

describe('a history that begins in the middle', () => {
  it('says which collections cannot be checked whole, and still finds what can be', () => {
    const result = auditOf(fromSequence(7, [one.collected(), one.uploaded(), one.failed('upload', 1)]));
    expect(broken(result)).toEqual(['2: ends again: CollectionFailed after Uploaded (8 9)']);
    expect(result.notes.map(({ what, collectionId }) => [what, collectionId])).toEqual([
      ['the stream begins at sequence 7: what was before cannot be checked', undefined],
      ['was requested before the stream begins: checked as far as its events go', one.collectionId],
    ]);
  });

  it('two collections at once are found as soon as the older one is told of', () => {
    const events = [two.requested(), one.started(2)];
    expect(broken(auditOf(fromSequence(7, events)))).toEqual([
      `4: is collecting while run 1 of collection ${two.collectionId} is collecting (7 8)`,
    ]);
  });
});
