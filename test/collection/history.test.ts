import { expect, it } from 'vitest';
import { createPodHistory, isOfCollection } from '../../src/collection/pod/history.ts';
import { alertRef, at, stored, story } from '../support/events.ts';

const first = story(alertRef(1));

it('a history says of each event what it did to its pod, and of what is none, why', () => {
  const history = createPodHistory();
  const requested = history.fold(stored(first.requested(), 7));
  expect(requested).toMatchObject({
    ...{ sequence: 7, time: at(0), type: 'CollectionRequested', changed: true, effects: ['collect'] },
    before: { value: 'idle', current: null },
    after: { value: 'collecting', current: { collectionId: first.collectionId } },
  });
  const repeated = history.fold(stored(first.requested(), 8));
  expect(repeated).toMatchObject({ changed: false, effects: [], before: requested.after });
  expect(repeated.after).toEqual(requested.after);
  const garbage = { ...stored(first.started(), 9), header: () => undefined };
  expect(history.fold(garbage)).toMatchObject({
    ...{ unreadable: 'the message has no ce-type header', changed: false, before: requested.after },
  });
  const alert = { ...garbage, subject: 'aw.alert.a.b.c.firing.AlertReceived' };
  expect(history.fold(alert)).toMatchObject({ before: null, after: null });
  expect(history.size()).toBe(1);
});

it('the events of a collection are those that name it', () => {
  const history = createPodHistory();
  const entry = history.fold(stored(first.requested(), 1));
  expect(isOfCollection(entry, first.collectionId)).toBe(true);
  expect(isOfCollection(entry, 'another')).toBe(false);
  const garbage = { ...stored(first.started(), 2), header: () => undefined };
  expect(isOfCollection(history.fold(garbage), first.collectionId)).toBe(false);
});
