import { sentenceOf } from '../../src/features.ts';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/collection/explain/explain.ts';
import type { Asked, Evidence } from '../../src/collection/explain/explanation.ts';
import type { AlertReceivedData } from '../../src/events/data/alert.ts';
import { createEvent, type Event, type StoredEvent } from '../../src/events/envelope.ts';
import { alertRef, at, plan, pod, receptionOf, story } from '../support/events.ts';

const alertname = 'CrateDBContainerRestart';
const labels = { alertname, severity: 'critical', kube_context: pod.kubeContext, namespace: pod.namespace, pod: pod.pod }; // prettier-ignore

/** An alert as it was received so many seconds after the beginning. */
function received(number = 1, after = 0, more: Partial<AlertReceivedData> = {}): Event<'AlertReceived'> {
  const { fingerprint, startsAt } = alertRef(number);
  const data: AlertReceivedData = {
    source: 'alertmanager',
    receiver: 'crate-webhook',
    groupKey: '{}',
    status: 'firing',
    labels,
    annotations: {},
    startsAt,
    generatorURL: '',
    externalURL: 'http://am:9093',
    fingerprint,
    receivedAt: at(after),
    ...more,
  };
  return createEvent('AlertReceived', data, { part: 'ingest', time: at(after) });
}

const resolved = (number: number, after: number) =>
  received(number, after, { status: 'resolved', endsAt: at(after - 1) });

const policy = {
  name: 'today.yaml',
  rows: [{ name: 'cratedb', match: [`alertname="${alertname}"`, 'severity=~"critical|warning"'], plan }],
  maxAlertAgeSeconds: 900,
};

const asked: Asked = { kind: 'pod', ...pod, since: at(-3_600) };

/** What is explained so many seconds after the beginning, where these events are all there is. */
function told(events: Event[], seconds: number, more: Partial<Evidence> & { asked?: Asked } = {}) {
  const { asked: other = asked, ...evidence } = more;
  const stream = { name: 'ALERT_WATCHER', firstSequence: 1, lastSequence: events.length };
  const stored = events.map((event, index): StoredEvent => ({ ...event, sequence: index + 1, storedAt: event.time })); // prettier-ignore
  const none = { timers: new Set<string>(), ahead: new Map<string, number>(), sentenceOf };
  return explain(other, { events: stored, stream, policy, ...none, ...evidence }, at(seconds));
}

/** The one chapter of an explanation: its outcome, and a sentence for each step. */
function chapter(events: Event[], seconds: number, more: Parameters<typeof told>[2] = {}) {
  const { chapters } = told(events, seconds, more);
  const [only] = chapters;
  if (!only || chapters.length > 1) throw new Error(`${String(chapters.length)} chapters`);
  return { ...only, sentences: only.steps.map(({ sentence }) => sentence), sentence: only.outcome.sentence };
}

const first = story(alertRef(1));
const { collectionId: id } = first;
const name1 = `${alertname} 0000000000000001`;
const name2 = `${alertname} 0000000000000002`;

describe('a recording that is there', () => {
  const events = [
    ...[received(), first.requested(), first.started(), first.attemptFailed(1, at(5)), first.started(2)],
    ...[first.collected(2), first.uploadFailed(1, at(35)), first.uploaded(2), resolved(1, 60)],
  ];

  it('is told from the alert to its url, in the order of the stream', () => {
    const { sentences, outcome, steps } = chapter(events, 100);
    expect(sentences).toEqual([
      `alert ${name1} received from alertmanager (receiver crate-webhook, http://am:9093): firing since 2026-11-20T19:10:36.608863299Z`,
      'row cratedb matched, says the plan: hemako records 30 s, up to 3 attempts of at most 2 min, then a cooldown of 10 min, to the object store',
      `collection ${id} of aks1-westeurope-prod/${pod.namespace}/crate-data-hot-0 requested because of alert ${name1}`,
      'attempt 1 of 3 began on h, 2 s after the request',
      `attempt 1 of 3 failed after 1 s: collector-exited: hemako ended with exit code 1; the next one is due at ${at(5)}`,
      'attempt 2 of 3 began on h',
      `attempt 2 of 3 made a recording in 30.5 s: 212,536 bytes, 30 s from 2026-11-20T19:11:00.000Z in 1 chunk`,
      `upload attempt 1 failed: collector-exited: hemako ended with exit code 1; the next one is due at ${at(35)}`,
      'uploaded in 80 ms',
      `alert ${name1} resolved, says alertmanager (receiver crate-webhook, http://am:9093), it ended at ${at(59)}`,
    ]);
    expect(steps.map(({ sequence }) => sequence)).toEqual([1, 2, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(outcome).toEqual({
      kind: 'uploaded',
      sentence: 'recorded, 35 s after the request: s3://b/k.jfr',
    });
  });

  it('of a simulated collector is said to be none of the pod', () => {
    const sample = first.collected();
    sample.data.recording = { ...sample.data.recording, simulated: true };
    const { sentences, sentence } = chapter(
      [first.requested(), first.started(), sample, first.uploaded()],
      40,
    );
    // Once is enough.
    expect(sentences.join()).not.toContain('simulated');
    expect(sentence).toContain('simulated: a sample, not a recording of the pod');
  });

  it('is told to whoever asks for one of its alerts, without the other alerts', () => {
    const both = [
      received(),
      first.requested(),
      received(2, 1),
      first.attached(alertRef(2)),
      ...events.slice(2),
    ];
    const { sentences, alerts } = chapter(both, 100, {
      asked: { kind: 'alert', alertId: alertRef(2).alertId },
    });
    expect(alerts.map(({ fingerprint }) => fingerprint)).toEqual(['0000000000000002']);
    expect(sentences).toContain(
      `alert ${name2} attached to collection ${id}: the pod was being recorded already`,
    );
    expect(sentences.filter((each) => each.includes(' received '))).toHaveLength(1);
    expect(chapter(both, 100, { asked: { kind: 'collection', collectionId: id } }).alerts).toHaveLength(2);
  });

  it('of a process that died is told as such, and an attempt that was cut off, too', () => {
    const saved = first.collected(2);
    saved.data.tookMs = 0;
    const { sentences } = chapter([first.requested(), first.started(), first.started(2), saved], 40);
    expect(sentences).toContainEqual(
      expect.stringMatching(/^attempt 2 of 3 began on h; attempt 1 was cut off$/),
    );
    expect(sentences.at(-1)).toContain('attempt 2 of 3 had made a recording before its process died');
  });
});

describe('an alert without a collection', () => {
  const other = { ...labels, alertname: 'DiskFull', severity: 'info' };

  it('that no row matched is told with the first matcher that fails today, row by row', () => {
    const rows = [
      ...policy.rows,
      { name: 'disk', match: ['alertname="DiskFull"', 'severity="critical"'], plan },
      { name: 'team', match: ['team!=""'], plan },
    ];
    const { outcome, steps } = chapter([received(1, 0, { labels: other })], 60, {
      policy: { ...policy, rows },
      decidedUpTo: 1,
    });
    expect(outcome).toEqual({
      kind: 'ignored',
      sentence: 'no recording: only stored, no row matched then',
    });
    expect(steps.at(-1)).toEqual({
      at: at(60),
      kind: 'policy-today',
      sentence: "no row matches by today's configuration (today.yaml), which may differ from that of then",
      details: [
        `row cratedb does not match: it wants alertname="${alertname}", and it is "DiskFull"`,
        'row disk does not match: it wants severity="critical", and it is "info"',
        'row team does not match: it wants team!="", which the alert does not have',
      ],
    });
  });

  it('that a row matches only today is not promised a recording', () => {
    const { sentence, sentences } = chapter([received()], 60, { decidedUpTo: 1 });
    expect(sentence).toBe(
      'no recording: only stored, no row matched then; one does today (cratedb): it is for alerts to come',
    );
    expect(sentences.at(-1)).toBe(
      "row cratedb matches by today's configuration (today.yaml), which may differ from that of then",
    );
  });

  it('that the intake has not come to is told from one that it passed over, where that is known', () => {
    expect(chapter([received(1, 50)], 60, { decidedUpTo: 0 }).outcome).toEqual({
      kind: 'undecided',
      sentence: 'waits to be decided: the intake is through with everything up to #0, this is #1 of 10 s ago',
    });
    expect(chapter([received(1, 50)], 60).sentence).toContain(
      'nothing was decided 10 s ago: no row matched then, or the intake has not come to it',
    );
  });

  it('that was declined says for which label and why', () => {
    const { pod: _, ...without } = labels;
    const declined = createEvent(
      'AlertDeclined',
      { ...alertRef(), reason: 'missing-label', label: 'pod', message: 'the alert has no label pod' },
      { part: 'intake', time: at(1), causeId: receptionOf(alertRef()) },
    );
    const { sentences, outcome } = chapter([received(1, 0, { labels: without }), declined], 60);
    expect(outcome).toEqual({ kind: 'declined', sentence: 'no recording: the alert has no label pod' });
    expect(sentences.slice(1)).toEqual([
      `alert ${name1} declined (missing-label: pod)`,
      "row cratedb matches by today's configuration (today.yaml), which may differ from that of then, and it would be declined",
    ]);
  });

  it('that could not be handled says what went wrong', () => {
    const error = { code: 'unexpected', message: 'boom' };
    const rejected = createEvent(
      'EventRejected',
      { consumer: 'intake', sequence: 1, subject: 'aw.alert.x', deliveries: 20, error },
      { part: 'intake', time: at(9) },
    );
    const { sentences, outcome } = chapter([received(), rejected], 60);
    expect(sentences[1]).toBe('intake gave up #1, delivered 20 times');
    expect(outcome).toMatchObject({ kind: 'rejected', sentence: expect.stringContaining('boom') as string });
  });

  it('of which only the end is there says that nothing is recorded for it', () => {
    expect(chapter([resolved(1, 5)], 60).outcome.kind).toBe('resolved');
  });

  it('that was too old says by how much', () => {
    const stale = createEvent(
      'CollectionSuppressed',
      { ...pod, ...alertRef(), reason: 'stale', ageSeconds: 1_000 },
      { part: 'intake', time: at(1_000), causeId: receptionOf(alertRef()) },
    );
    const { sentences, outcome } = chapter([received(), stale], 1_060);
    expect(sentences[1]).toBe(
      `alert ${name1} suppressed as stale: it had waited 16 min 40 s to be decided, 1 min 40 s too old (maxAlertAgeSeconds of today is 900)`,
    );
    expect(outcome).toEqual({
      kind: 'suppressed',
      sentence: 'no recording: the alert was too old when it was decided',
    });
  });
});

describe('an alert in a cooldown', () => {
  const alert = alertRef(2);
  const until = at(633);
  const before = [first.requested(), first.started(), first.collected(), first.uploaded()];
  const waiting = [...before, received(2, 41), first.suppressed(alert, until)];
  const of = (events: Event[], seconds: number, more: Partial<Evidence> = {}) =>
    chapter(events, seconds, { asked: { kind: 'alert', alertId: alert.alertId }, ...more });
  const timers = new Set([`aw.schedule.cooldown.${alert.alertId}`]);

  it('waits for its timer: after which collection, until when, and for how long it has waited', () => {
    const { sentences, outcome } = of(waiting, 101, { timers });
    expect(sentences[1]).toBe(
      `alert ${name2} suppressed: the pod is in the cooldown after collection ${id} until ${until}`,
    );
    expect(outcome).toEqual({
      kind: 'waiting',
      sentence: `waits for the end of the cooldown at ${until} (in 8 min 52 s), it has waited 1 min; then it is decided again, unless it has resolved`,
    });
    expect(told(waiting, 101).pods).toEqual([
      expect.objectContaining({
        sentence: `is not being recorded; in the cooldown after collection ${id} until ${until}`,
      }),
    ]);
    expect(told(waiting, 700).pods[0]?.sentence).toBe('is not being recorded');
  });

  it('whose timer is gone is told to wait for nothing', () => {
    expect(of(waiting, 101).sentence).toContain('is not on the stream (any more): nothing decides it again');
    expect(of(waiting, 640).outcome.kind).toBe('waiting');
    expect(of(waiting, 650, { timers }).sentence).toContain(`at ${until} (17 s ago)`);
  });

  it('that resolves in it is not recorded', () => {
    expect(of([...waiting, resolved(2, 80)], 101, { timers }).outcome).toEqual({
      kind: 'resolved',
      sentence: 'no recording: the alert resolved during the cooldown',
    });
    const ended = [...waiting, resolved(2, 80), first.elapsed(alert, until)];
    expect(of(ended, 700).outcome.kind).toBe('resolved');
  });

  it('is decided again at its end, and the chapter goes on with what it led to', () => {
    const elapsed = first.elapsed(alert, until);
    expect(of([...waiting, elapsed], 700, { decidedUpTo: 7 }).sentence).toContain(
      'decided again after the cooldown, no row matched then',
    );
    const data = { ...pod, collectionId: 'c2', trigger: alert, plan };
    const about = { part: 'intake', time: until, causeId: elapsed.id };
    const requested = createEvent('CollectionRequested', data, about);
    const { steps, outcome, collectionId } = of([...waiting, elapsed, requested], 700);
    expect(steps.map(({ kind }) => kind)).toEqual([
      ...['received', 'suppressed', 'cooldown-elapsed', 'policy', 'requested'],
    ]);
    expect({ collectionId, kind: outcome.kind }).toEqual({ collectionId: 'c2', kind: 'waiting' });
  });
});

describe('a collection without an end', () => {
  const outcome = (events: Event[], seconds: number, more: Partial<Evidence> = {}) =>
    chapter(events, seconds, more).outcome;

  it('waits for its turn: for how long, and how many of other pods wait before it', () => {
    const sentence = (ahead: number) =>
      outcome([received(), first.requested()], 90, { ahead: new Map([[id, ahead]]) }).sentence;
    expect(sentence(3)).toBe(
      'waits for its turn, requested 1 min 30 s ago: 3 requested collections of other pods wait before it',
    );
    expect(sentence(1)).toContain('1 requested collection of other pods waits before it');
    expect(sentence(0)).toContain('no requested collection of another pod waits before it');
    expect(outcome([first.requested()], 90).sentence).toContain('its place in the queue is not known');
  });

  it('runs: for how long, where, and whether for too long', () => {
    const running = [first.requested(), first.started()];
    expect(outcome(running, 32)).toEqual({
      kind: 'running',
      sentence: 'attempt 1 of 3 has been running for 30 s on h',
    });
    expect(outcome(running, 200).sentence).toContain('longer than the 2 min of the collector');
  });

  it('waits for its next attempt, and says when that is due', () => {
    const waiting = [first.requested(), first.started(), first.attemptFailed(1, at(60))];
    expect(outcome(waiting, 50)).toEqual({
      kind: 'waiting',
      sentence: `waits for attempt 2 of 3, due at ${at(60)} (in 10 s); requested 50 s ago`,
    });
    expect(outcome(waiting, 65).sentence).toContain(`due since ${at(60)} (5 s): it waits for its turn`);
    const exhausted = [first.requested({ maxAttempts: 1 }), first.started(), first.attemptFailed(1)];
    expect(outcome(exhausted, 50).sentence).toMatch(
      /^no recording: attempt 1 of 1 was the last one: collector-exited/,
    );
  });

  it('uploads: when the next attempt is due, until when it is tried, and why the last one failed', () => {
    const staged = [first.requested({ uploadDeadlineSeconds: 60 }), first.started(), first.collected()];
    expect(outcome(staged, 43)).toEqual({
      kind: 'uploading',
      sentence: `recorded and staged 10 s ago: upload attempt 1 runs or waits for its turn, tried until ${at(93)}`,
    });
    expect(outcome([...staged, first.uploadFailed(1, at(50))], 43).sentence).toBe(
      `recorded and staged 10 s ago: upload attempt 2 is due at ${at(50)} (in 7 s), tried until ${at(93)}; the last one failed: collector-exited: hemako ended with exit code 1`,
    );
  });

  it('of which the stream has forgotten the request is told as far as it goes', () => {
    const { outcome: end, steps } = chapter([first.started(2), first.attemptFailed(2, at(60))], 90);
    expect(end.kind).toBe('unknown');
    expect(steps.every(({ counts }) => counts === undefined)).toBe(true);
    expect(chapter([first.collected(), first.uploaded()], 90).outcome.kind).toBe('uploaded');
  });
});

describe('a collection that failed', () => {
  const failed = [first.requested(), first.started(), first.attemptFailed(), first.failed('collect', 1)];

  it('says at which stage, and how to start it again', () => {
    const { sentence, sentences } = chapter(failed, 60);
    expect(sentences.slice(-2)).toEqual([
      'attempt 1 of 3 failed after 1 s: collector-exited: hemako ended with exit code 1; there is no other',
      'the collection failed',
    ]);
    expect(sentence).toBe(
      `no recording: failed at the stage collect after 1 attempt: collector-exited: hemako ended with exit code 1; \`alert-watcher redrive ${id}\` starts it again at that stage`,
    );
  });

  it('tells attempts that failed as one step, which holds each', () => {
    const tried = [1, 2, 3].flatMap((attempt) => [first.started(attempt), first.attemptFailed(attempt)]);
    const { steps, outcome } = chapter([first.requested(), ...tried, first.failed('collect', 3)], 60);
    expect(steps.slice(2).map(({ sentence }) => sentence)).toEqual([
      '3 attempts failed: exit code 1, exit code 1, exit code 1; 1 s',
      'the collection failed',
    ]);
    expect(steps[2]).toMatchObject({ count: 3, sequence: 2 });
    expect(steps[2]?.steps).toHaveLength(6);
    expect(outcome.action).toBe('Read what the program wrote, and run its command (below) by hand.');
  });

  it('at its upload has a recording, but not where it belongs', () => {
    const events = [first.requested(), first.started(), first.collected(), first.failed('upload', 1)];
    expect(chapter(events, 60).sentence).toMatch(
      /^the recording is staged, but not at its destination: failed at the stage upload .*redrive/,
    );
  });

  it('and was redriven goes on in its second run', () => {
    const { sentences, sentence } = chapter([...failed, first.redriven(), first.started(1, 2)], 60);
    expect(sentences.slice(-2)).toEqual([
      'redriven by operator (S3 is back): run 2 begins at the stage collect',
      'attempt 1 of 3 of run 2 began on h, 0 ms after the redrive',
    ]);
    expect(sentence).toContain('attempt 1 of 3 of run 2 has been running for 58 s on h');
    expect(chapter([...failed, first.redriven()], 60).sentence).toContain(
      'waits for its turn, redriven 20 s ago',
    );
  });

  it('while the pod is recorded again can be redriven after that, and after five others not at all', () => {
    const next = story(alertRef(2), 700);
    const of = { asked: { kind: 'collection', collectionId: id } } as const;
    expect(chapter([...failed, next.requested()], 710, of).sentence).toContain(
      'starts it again at that stage, once the pod is not being recorded',
    );
    const five = [2, 3, 4, 5, 6].flatMap((number) => {
      const { requested, failed: end } = story(alertRef(number), number * 1_000);
      return [requested(), end('collect', 0)];
    });
    expect(chapter([...failed, ...five], 9_000, of).sentence).toContain('it cannot be redriven any more');
  });
});

describe('a pod', () => {
  const later = story(alertRef(2), 7_200);
  const events = [
    ...[received(), first.requested(), first.started(), first.collected(), first.uploaded()],
    ...[received(2, 7_200), later.requested()],
  ];

  it('is told newest first, and of what has ended only since the time that was asked', () => {
    expect(told(events, 7_300).chapters.map(({ collectionId }) => collectionId)).toEqual([
      later.collectionId,
      id,
    ]);
    const lately = { asked: { ...asked, since: at(7_000) } };
    expect(told(events, 7_300, lately).chapters).toHaveLength(1);
    const much = { asked: { ...asked, since: at(99_000) } };
    expect(told(events, 99_100, much).chapters.map(({ outcome }) => outcome.kind)).toEqual(['waiting']);
  });

  it('with more chapters than can be read is told the newest, and how many are left out', () => {
    const many = Array.from({ length: 25 }, (_, index) => received(index + 1, index));
    const { chapters, more } = told(many, 60);
    expect([chapters.length, more]).toEqual([20, 5]);
    expect(chapters[0]?.alerts[0]?.fingerprint).toBe(alertRef(25).fingerprint);
  });

  it('with an alert storm is told a few of the alerts, and how many there are', () => {
    const storm = Array.from({ length: 30 }, (_, index) => first.attached(alertRef(index + 2)));
    const { alerts, moreAlerts, steps } = chapter([first.requested(), ...storm], 60);
    expect([alerts.length, moreAlerts]).toEqual([10, 21]);
    const [attached, ...others] = steps.filter(({ kind }) => kind === 'attached');
    expect(others).toEqual([]);
    expect(attached).toMatchObject({ count: 30, lastAt: at(1) });
    expect(attached?.sentence).toBe(
      '30 alerts attached within 0 ms: CrateDBContainerRestart; the pod was being recorded already',
    );
    expect(attached?.steps).toHaveLength(30);
  });

  it('of which nothing is known has no chapters', () => {
    expect(told([], 60)).toMatchObject({ chapters: [], pods: [], more: 0 });
  });

  it('takes no notice of what came too late, and says so', () => {
    const events = [
      first.requested(),
      first.started(),
      first.collected(),
      first.uploaded(),
      first.uploaded(),
    ];
    const { steps } = chapter(events, 60);
    expect(steps.at(-1)).toMatchObject({
      counts: false,
      sentence: expect.stringContaining('(changes nothing: it came too late, or twice)') as string,
    });
  });
});
