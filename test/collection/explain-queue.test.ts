import { expect, it } from 'vitest';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import { waitingBefore } from '../../src/collection/read/waiting-before.ts';
import type { Event } from '../../src/events/envelope.ts';
import { alertRef, stored, story } from '../support/events.ts';

/** The events of a collection, on a pod of its own. */
function onItsOwnPod(number: number) {
  const tale = story(alertRef(number));
  const move = <E extends Event>(event: E): E => ({
    ...event,
    data: { ...event.data, pod: `p-${String(number)}` },
  });
  const { collectionId, requested, started, failed, redriven } = tale;
  return {
    collectionId,
    requested: move(requested()),
    started: move(started()),
    failed: move(failed('collect', 0)),
    redriven: move(redriven()),
  };
}

const [a, b, c] = [onItsOwnPod(1), onItsOwnPod(2), onItsOwnPod(3)];

function placeOf(collectionId: string, ...events: Event[]): number | undefined {
  const board = createPodBoard();
  events.forEach((event, index) => board.apply(stored(event, index + 1)));
  return waitingBefore(board, collectionId);
}

it('before a collection wait those of other pods that were requested before it and have not started', () => {
  const all = [a.requested, b.requested, c.requested];
  expect([a, b, c].map(({ collectionId }) => placeOf(collectionId, ...all))).toEqual([0, 1, 2]);
  expect(placeOf(c.collectionId, ...all, a.started)).toBe(1);
  expect(placeOf(c.collectionId, ...all, a.failed, b.started)).toBe(0);
});

it('one that is redriven waits behind all that waited then', () => {
  const all = [a.requested, b.requested, a.failed, c.requested, a.redriven];
  expect([a, b, c].map(({ collectionId }) => placeOf(collectionId, ...all))).toEqual([2, 0, 1]);
});

it('of one that the board does not know nothing is said', () => {
  expect(placeOf('none', a.requested)).toBeUndefined();
});
