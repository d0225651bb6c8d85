import { describe, expect, it, vi } from 'vitest';
import { streamName } from '../../../src/log/streams/definitions.ts';
import { append } from '../../../src/log/write/append.ts';
import { useNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';
import { lampEvent, replaceBulb } from './lamp.ts';
import { begin, connectWithLamps, key, now, read, subject, verdictOn } from './world.ts';

vi.mock('../../../src/events/rows/rows.ts', () => import('./rows-with-lamps.ts'));

const nats = useNats();

describe('a decision of two events and a timer', () => {
  it('is stored as one, and its timer goes off', async () => {
    const { connection, decider, board } = await begin(await connectWithLamps(nats));
    await decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    const second = await decider.decide(key, (state) => replaceBulb(key, state, now(), 0.5));
    expect(second?.events.map(({ type }) => type)).toEqual(['LampBurnt', 'LampOrdered']);
    expect(board.entry(subject).state).toMatchObject({ bulb: 2, burnt: false });
    await until('the second bulb to burn out', () => board.entry(subject).state.burnt);
    // The first timer was moved: it says nothing any more.
    expect((await verdictOn(connection)).types).toEqual([
      'LampOrdered',
      'LampBurnt',
      'LampOrdered',
      'LampBurnt',
    ]);
    expect(
      (await read(connection)).filter(({ subject: each }) => each.startsWith('aw.schedule.lamp')),
    ).toEqual([]);
  });

  it('leaves nothing where something came between, and is decided again', async () => {
    const running = await begin(await connectWithLamps(nats));
    const { connection, decider } = running;
    let asked = 0;
    await decider.decide(key, async (state) => {
      // Another process was faster, the first time.
      if ((asked += 1) === 1)
        await append(connection, lampEvent('LampOrdered', { ...key, bulb: 1 }, now(), 'other'));
      return replaceBulb(key, state, now(), 600);
    });
    expect(asked).toBe(2);
    const { types, state } = await verdictOn(connection);
    expect(types).toEqual(['LampOrdered', 'LampBurnt', 'LampOrdered']);
    expect(state.bulb).toBe(2);
    const timers = (await read(connection)).filter(({ subject: each }) =>
      each.startsWith('aw.schedule.lamp'),
    );
    expect(timers).toHaveLength(1);
    expect(JSON.parse(Buffer.from(timers[0]?.body ?? []).toString())).toMatchObject({ bulb: 2 });
  });

  it('leaves the timer that was there as it was where it is refused, and nothing is left to decide', async () => {
    const { connection, decider } = await begin(await connectWithLamps(nats));
    await decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    let asked = 0;
    await decider.decide(key, async (state) => {
      if ((asked += 1) > 1) return undefined;
      await append(connection, lampEvent('LampBurnt', { ...key, bulb: 1 }, now()));
      return replaceBulb(key, state, now(), 1);
    });
    expect(asked).toBe(2);
    const timers = (await read(connection)).filter(({ subject: each }) =>
      each.startsWith('aw.schedule.lamp'),
    );
    expect(timers.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as object)).toMatchObject([
      { bulb: 1 },
    ]);
    expect((await verdictOn(connection)).types).toEqual(['LampOrdered', 'LampBurnt']);
  });

  it('is stored also where the id of an event that was purged is remembered', async () => {
    const { connection, decider } = await begin(await connectWithLamps(nats));
    await append(connection, lampEvent('LampOrdered', { ...key, bulb: 1 }, now()));
    await connection.jsm.streams.purge(streamName, { filter: 'aw.lamp.>' });
    const other = await begin(connection);
    const decision = await other.decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    expect(decision?.events).toHaveLength(1);
    expect((await verdictOn(connection)).types).toEqual(['LampOrdered']);
    await decider.decide(key, () => undefined);
  });
});
