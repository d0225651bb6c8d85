import { describe, expect, it, vi } from 'vitest';
import type { Worker } from '../../../src/log/consume/consume.ts';
import { dyingAt, isDead } from '../../support/dying.ts';
import { useNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';
import { replaceBulb } from './lamp.ts';
import {
  begin,
  closers,
  connectWithLamps,
  key,
  now,
  react,
  type Running,
  subject,
  verdictOn,
} from './world.ts';

vi.mock('../../../src/events/rows/rows.ts', () => import('./rows-with-lamps.ts'));

const nats = useNats();

describe('an effort', () => {
  it('is tried until it succeeds, each attempt on the log', async () => {
    const running = await begin(await connectWithLamps(nats));
    const { lights } = react(running, 2);
    await running.decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    await until('the lamp to be lit', () => running.board.entry(subject).state.lit);
    expect(lights).toEqual([1, 2, 3]);
    const { violations, types } = await verdictOn(running.connection);
    expect(violations).toEqual([]);
    expect(types).toEqual(['LampOrdered', 'LampTried', 'LampTried', 'LampTried']);
  });

  it('waits for the time that the log names', async () => {
    const running = await begin(await connectWithLamps(nats));
    react(running, 1, true);
    const startedAt = performance.now();
    await running.decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    await until('the lamp to be lit', () => running.board.entry(subject).state.lit);
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  // Two attempts and the order: three writes, each of which may be lost before or after it is on the stream.
  const cuts = [1, 2, 3].flatMap((write) =>
    (['before', 'after'] as const).map((when) => [write, when] as const),
  );
  it.each(cuts)(
    'whose process dies at write %i, %s it is stored, is done by the next one, once',
    async (write, when) => {
      const connection = await connectWithLamps(nats);
      const dying = await begin(dyingAt(connection, write, when));
      const { worker } = react(dying, 1);
      const order = (running: Running) =>
        running.decider.decide(key, (state) =>
          state.bulb === 0 ? replaceBulb(key, state, now(), 600) : undefined,
        );
      await order(dying).catch(() => undefined);
      await until('its death', () => isDead(dying.connection), 5_000).catch(() => undefined);
      await stopAt(worker, dying);
      const next = await begin(connection);
      react(next, 1);
      await order(next);
      await until('the lamp to be lit', () => next.board.entry(subject).state.lit);
      const { violations, state, types } = await verdictOn(connection);
      expect(violations).toEqual([]);
      expect(state).toEqual(next.board.entry(subject).state);
      expect(types.filter((type) => type === 'LampOrdered')).toHaveLength(1);
    },
  );
});

async function stopAt(worker: Worker, { stop }: Running): Promise<void> {
  closers.length = 0;
  await worker.stop();
  await stop();
}
