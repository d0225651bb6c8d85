import { expect, it } from 'vitest';
import { redriveAll } from '../../src/collection/by-hand/redrive-all.ts';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import { LogUnavailable } from '../../src/log/errors.ts';
import { alertRef, stored, story } from '../support/events.ts';

/** So many collections, newest first. */
function collections(count: number) {
  const { apply, summaries } = createPodBoard();
  for (let number = 1; number <= count; number += 1) {
    const requested = story(alertRef(number)).requested();
    Object.assign(requested.data, { pod: `pod-${String(number)}` });
    apply(stored(requested, number));
  }
  return summaries.list({ limit: count }).items;
}

const done = () => Promise.resolve({ redriven: story().redriven() });
const refuse = () => Promise.resolve({ refused: 'not now' });
const away = () => Promise.reject(new LogUnavailable('NATS is gone'));

it('many collections are redriven the oldest first, 500 at a time; what is refused does not count', async () => {
  const asked: string[] = [];
  const newestFirst = collections(700);
  const result = await redriveAll(newestFirst, (id) => {
    asked.push(id);
    return asked.length <= 100 ? refuse() : done();
  });
  expect(result).toMatchObject({ matched: 700, more: 100 });
  expect([result.redriven.length, result.refused.length]).toEqual([500, 100]);
  expect(asked[0]).toBe(newestFirst.at(-1)?.id);
});

it('where the log fails on the way, what was done is told and the rest is left; where it fails at once, that is told', async () => {
  let left = 2;
  const result = await redriveAll(collections(5), () => (left-- > 0 ? done() : away()));
  expect(result).toMatchObject({ matched: 5, more: 3, refused: [] });
  await expect(redriveAll(collections(5), away)).rejects.toThrow(LogUnavailable);
});
