import { describe, expect, it } from 'vitest';
import { explain } from '../../src/collection/explain/explain.ts';
import type { Asked } from '../../src/collection/explain/explanation.ts';
import { createEvent, type Event, type StoredEvent } from '../../src/events/envelope.ts';
import { sentenceOf } from '../../src/features.ts';
import { alertRef, at, pod, receptionOf, search, story } from '../support/events.ts';

// Which events are told in which chapter.

function told(events: Event[], asked: Asked) {
  const stored = events.map((event, index): StoredEvent => ({ ...event, sequence: index + 1, storedAt: event.time })); // prettier-ignore
  const stream = { name: 'ALERT_WATCHER', firstSequence: 1, lastSequence: events.length };
  const policy = { name: 'today.yaml', rows: [], maxAlertAgeSeconds: 900 };
  const none = { timers: new Set<string>(), ahead: new Map<string, number>(), sentenceOf };
  return explain(asked, { events: stored, stream, policy, ...none }, at(600)).chapters;
}

const about = (alert: ReturnType<typeof alertRef>): Asked => ({ kind: 'alert', alertId: alert.alertId });
const first = story(alertRef(1));

describe('an alert about a StatefulSet', () => {
  const alert = alertRef(3);
  const { requested, found } = search(alert);
  /** The same collection, of another pod. */
  const on = (name: string, ...events: Event[]) =>
    events.map((event) => ({
      ...event,
      data: { ...event.data, pod: name, collectionId: `of ${name}` },
    })) as Event[];
  const one = story(alert);
  const events = [
    ...[requested(), found()],
    ...on('crate-data-hot-0', one.requested(), one.started(), one.collected(), one.uploaded()),
    ...on('crate-data-hot-1', one.requested(), one.started(), one.attemptFailed(), one.failed('collect', 1)),
  ];
  const chapters = told(events, { kind: 'fingerprint', fingerprint: alert.fingerprint });

  it('has a chapter of its own with what its pods have come to, and behind it one for each pod', () => {
    expect(chapters.map((chapter) => [chapter.pod?.pod, chapter.outcome.kind])).toEqual([
      [undefined, 'failed'],
      ['crate-data-hot-0', 'uploaded'],
      ['crate-data-hot-1', 'failed'],
    ]);
    expect(chapters[0]?.outcome.sentence).toBe('2 pods: 1 failed (crate-data-hot-1), 1 recorded');
  });

  it('tells each event in one chapter only', () => {
    const sequences = chapters.map(({ steps }) => [...new Set(steps.map(({ sequence }) => sequence))]);
    expect(sequences).toEqual([
      [1, 2],
      [3, 4, 5, 6],
      [7, 8, 9, 10],
    ]);
  });
});

describe('an alert that was attached to the recording of another', () => {
  it('says so in its outcome, also where that recording then failed', () => {
    const events = [first.requested(), first.attached(alertRef(2)), first.started()];
    const [chapter] = told(
      [...events, first.attemptFailed(), first.failed('collect', 1)],
      about(alertRef(2)),
    );
    const beginning = `attached to collection ${first.collectionId}: no recording: failed at the stage collect`;
    expect(chapter?.outcome).toMatchObject({ kind: 'failed' });
    expect(chapter?.outcome.sentence.slice(0, beginning.length)).toBe(beginning);
    const [other] = told([...events, first.collected(), first.uploaded()], about(alertRef(1)));
    expect(other?.outcome.sentence).toMatch(/^recorded, /);
  });
});

describe('an alert that was decided again after its recording had failed', () => {
  it('has a chapter for each recording, and each event is told once', () => {
    const alert = alertRef(1);
    const again = story(alert, 100);
    const { kubeContext, namespace } = pod;
    const labels = { alertname: alert.alertname, kube_context: kubeContext, namespace, pod: pod.pod };
    const renewed = createEvent(
      'AlertRenewed',
      {
        ...{
          source: 'alertmanager',
          receiver: 'r',
          groupKey: '{}',
          status: 'firing',
          labels,
          annotations: {},
        },
        ...{ startsAt: alert.startsAt, generatorURL: '', externalURL: '', fingerprint: alert.fingerprint },
        ...{ receivedAt: at(90), alertId: alert.alertId, reason: 'repeated', repeat: 1 },
      },
      { part: 'ingest', time: at(90), causeId: receptionOf(alert) },
    );
    const request = again.requested();
    const trigger = { ...request.data.trigger, repeat: 1 };
    // Another decision, by its id.
    const second = {
      ...request,
      id: `${request.id}/1`,
      data: { ...request.data, collectionId: 'c2', trigger },
    };
    const events = [first.requested(), first.started(), first.failed('collect', 1), renewed, second];
    const chapters = told(events, { kind: 'pod', ...pod, since: at(-60) });
    expect(chapters.map(({ collectionId, alerts }) => [collectionId, alerts.length])).toEqual([
      ['c2', 1],
      [first.collectionId, 1],
    ]);
    expect(chapters.map(({ steps }) => steps.map(({ kind }) => kind))).toEqual([
      ['renewed', 'policy', 'requested'],
      ['policy', 'requested', 'attempt-started', 'failed'],
    ]);
  });
});
