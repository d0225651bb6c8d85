import { describe, expect, it } from 'vitest';
import { decide, type Question } from '../../src/collection/intake/decide.ts';
import { evolve, initialSnapshot } from '../../src/collection/pod/machine.ts';
import { type PodEvent } from '../../src/collection/pod/context.ts';
import type { AlertReceivedData } from '../../src/events/data/alert.ts';
import { createEvent, type StoredEvent } from '../../src/events/envelope.ts';
import { collectionIdOf } from '../../src/events/ids.ts';
import { alertRef, at, plan, pod, receptionOf, story } from '../support/events.ts';

const fold = (...events: PodEvent[]) =>
  events.reduce((snapshot, event) => evolve(snapshot, event).state, initialSnapshot);

/** The question that alert number n asks, received so many seconds after the beginning. */
function asked(number: number, receivedAfter: number): Question {
  const { alertId, alertname, fingerprint, startsAt } = alertRef(number);
  const alert: AlertReceivedData = {
    source: 'alertmanager',
    receiver: 'r',
    groupKey: '{}',
    status: 'firing',
    labels: { alertname, severity: 'critical' },
    annotations: {},
    startsAt,
    generatorURL: '',
    externalURL: '',
    fingerprint,
    receivedAt: at(receivedAfter),
  };
  const event = createEvent('AlertReceived', alert, { part: 'ingest', time: at(receivedAfter) });
  const cause: StoredEvent<'AlertReceived'> = { ...event, sequence: 1, storedAt: event.time };
  return { cause, alertId, alert, pod, plan, maxAlertAgeSeconds: 900 };
}

const first = story(alertRef(1));
const collected = fold(first.requested(), first.started(), first.collected());

describe('an alert', () => {
  it('for an idle pod requests a collection, with the plan of the policy written into it', () => {
    const question = asked(1, 0);
    const decision = decide(initialSnapshot, question, at(1));
    expect(decision).toMatchObject({
      type: 'CollectionRequested',
      id: `${receptionOf(question)}/CollectionRequested`,
      time: at(1),
      data: {
        ...pod,
        collectionId: collectionIdOf(receptionOf(question)),
        plan,
        trigger: { severity: 'critical', dueAt: at(0) },
      },
    });
  });

  it('for a pod that is being recorded is attached', () => {
    const decision = decide(fold(first.requested()), asked(2, 1), at(2));
    expect(decision).toMatchObject({ type: 'AlertAttached', data: { collectionId: first.collectionId } });
  });

  it('in the cooldown is suppressed until its end, which counts from JfrCollected', () => {
    const decision = decide(collected, asked(2, 40), at(40));
    expect(decision).toMatchObject({
      type: 'CollectionSuppressed',
      data: { reason: 'cooldown', until: at(633), afterCollectionId: first.collectionId },
    });
    expect(decide(collected, asked(2, 640), at(633))).toMatchObject({ type: 'CollectionRequested' });
  });

  it('that was received too long ago starts nothing', () => {
    const decision = decide(initialSnapshot, asked(1, 0), at(901));
    expect(decision).toMatchObject({
      type: 'CollectionSuppressed',
      data: { reason: 'stale', ageSeconds: 901 },
    });
    expect(decide(initialSnapshot, asked(1, 0), at(900))).toMatchObject({ type: 'CollectionRequested' });
  });

  it('that was decided is not decided again, however it was', () => {
    expect(decide(collected, asked(1, 0), at(700))).toBeUndefined();
    const attached = fold(first.requested(), first.attached(alertRef(2)));
    expect(decide(attached, asked(2, 0), at(2))).toBeUndefined();
    const suppressed = evolve(collected, first.suppressed(alertRef(2), at(633))).state;
    expect(decide(suppressed, asked(2, 0), at(700))).toBeUndefined();
  });

  it('that the stream had forgotten and that is stored again is decided anew, whoever remembers the first time', () => {
    const again = asked(1, 700);
    const decision = decide(collected, again, at(700));
    expect(decision?.type).toBe('CollectionRequested');
    expect(decision).toEqual(decide(initialSnapshot, again, at(700)));
    expect(evolve(collected, decision as PodEvent).state.value).toBe('collecting');
  });

  it('that waited is decided again when its cooldown ends, also by a clock that is behind, and its age counts from there', () => {
    const suppressed = evolve(collected, first.suppressed(alertRef(2), at(633))).state;
    const elapsed = first.elapsed(alertRef(2), at(633));
    const question = { ...asked(2, 40), cause: { ...elapsed, sequence: 9, storedAt: at(633) } };
    const decision = decide(suppressed, question, at(632));
    expect(decision).toMatchObject({
      type: 'CollectionRequested',
      time: at(633),
      data: {
        collectionId: collectionIdOf(elapsed.id),
        trigger: { alertId: alertRef(2).alertId, dueAt: at(633) },
      },
    });
    expect(decide(suppressed, question, at(1_500))).toMatchObject({ type: 'CollectionRequested' });
    expect(decide(suppressed, question, at(1_534))).toMatchObject({ data: { reason: 'stale' } });
  });
});
