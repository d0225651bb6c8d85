import { describe, expect, it, vi } from 'vitest';
import { accountsConf } from '../../../src/commands/schemas/accounts.ts';
import type { StoredMessage } from '../../../src/events/envelope.ts';
import { feedMessageOf, isWanted, subjectsOf } from '../../../src/http/feed/feed-message.ts';
import { stepsOf } from '../../../src/kernel/explain/step.ts';
import { runFeed } from '../../../src/log/consume/feed.ts';
import { createTail } from '../../../src/log/consume/tail.ts';
import { lastMessage } from '../../../src/log/read.ts';
import { streamName } from '../../../src/log/streams/definitions.ts';
import { append, schedule } from '../../../src/log/write/append.ts';
import { story } from '../../support/events.ts';
import { startWithAccounts } from '../../support/nats-accounts.ts';
import { useNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';
import { lampEvent, replaceBulb } from './lamp.ts';
import { begin, closers, connectWithLamps, key, now, react, subject, verdictOn } from './world.ts';

vi.mock('../../../src/events/rows/rows.ts', () => import('./rows-with-lamps.ts'));

const nats = useNats();

describe('its events', () => {
  it('are told live and to those who catch up, the same', async () => {
    const { connection, decider } = await begin(await connectWithLamps(nats));
    const tail = createTail(connection, streamName, () => undefined);
    const feed = (after: number | undefined) => {
      const told: (string | undefined)[] = [];
      const ended = new AbortController();
      let reached = -1;
      const sink = {
        take: (message: StoredMessage) => {
          const each = feedMessageOf(message);
          if (each && isWanted({}, each)) told.push(each.event.type);
          return true;
        },
        room: () => Promise.resolve(),
        reached: (sequence: number) => void (reached = sequence),
        gap: () => undefined,
      };
      const running = runFeed({ connection, stream: streamName, tail, inTurn: (work) => work(), onInterrupted: () => undefined }, { after, filters: subjectsOf({}) }, sink, ended.signal); // prettier-ignore
      closers.push(async () => {
        ended.abort();
        await running;
      });
      return { told, begun: () => reached >= 0 };
    };
    const live = feed(undefined);
    await until('the live feed', live.begun);
    await decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    await decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    const caughtUp = feed(0);
    const all = ['LampOrdered', 'LampBurnt', 'LampOrdered'];
    await until(
      'both to be told',
      () => live.told.length === all.length && caughtUp.told.length === all.length,
    );
    expect(live.told).toEqual(all);
    expect(caughtUp.told).toEqual(all);
  });

  it('are told in words, and one that came too late as such', () => {
    const event = { ...lampEvent('LampBurnt', { ...key, bulb: 9 }, now()), sequence: 4, storedAt: now() };
    const step = stepsOf(event as never, [{ kind: 'burnt', sentence: 'bulb 9 is burnt' }], true);
    expect(step).toMatchObject([{ sequence: 4, kind: 'burnt', counts: false }]);
    expect(step[0]?.sentence).toContain('changes nothing');
  });

  it('are audited: a planted breach is found', async () => {
    const running = await begin(await connectWithLamps(nats));
    const { connection } = running;
    react(running, 0);
    await running.decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    await until('the lamp to be lit', () => running.board.entry(subject).state.lit);
    expect((await verdictOn(connection)).violations).toEqual([]);
    await append(connection, lampEvent('LampTried', { ...key, bulb: 1, attempt: 2, lit: true }, now()));
    const { violations, state } = await verdictOn(connection);
    expect(violations).toMatchObject([{ promise: 1, name: 'lit-once', sequences: [3, 4] }]);
    expect(state.attempts).toBe(1);
  });
});

it('whoever writes its events may do so, and nothing else; nobody else may write them', async () => {
  const about = 'It lights lamps.';
  const user = {
    name: 'lamp',
    about,
    parts: ['lamp'],
    timers: ['aw.schedule.lamp.*'],
    durables: ['lamp'],
    buckets: [],
  };
  const conf = accountsConf([user]).replace('$LAMP_PASSWORD', 'pw-lamp');
  const server = await startWithAccounts(conf);
  closers.push(server.stop);
  const may = async (name: string, event: Parameters<typeof append>[1]) =>
    append(await server.as(name), event).then(
      () => true,
      () => false,
    );
  const ordered = (bulb: number) => lampEvent('LampOrdered', { ...key, bulb }, now());
  const tried = [may('lamp', ordered(1)), may('lamp', story().requested()), may('collect', ordered(2))];
  expect(await Promise.all(tried)).toEqual([true, false, false]);
  const lamp = await server.as('lamp');
  await schedule(lamp, { subject: 'aw.schedule.lamp.x', at: '2099-01-01T00:00:00Z', event: ordered(3) });
  expect(await lastMessage(lamp, streamName, 'aw.schedule.lamp.x')).toBeDefined();
});
