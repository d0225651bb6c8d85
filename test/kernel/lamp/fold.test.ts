import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { podAggregate } from '../../../src/collection/pod/aggregate.ts';
import { createPodBoard } from '../../../src/collection/pod/board.ts';
import { timeOf } from '../../../src/events/instant.ts';
import { createBoard } from '../../../src/kernel/fold/board.ts';
import { createSnapshots, versionOf } from '../../../src/kernel/fold/snapshots.ts';
import { createHistory, foldOf } from '../../../src/kernel/replay/history.ts';
import { snapshotsBucket, streamName } from '../../../src/log/streams/definitions.ts';
import { useNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';
import { lampAggregate, lampEvent, replaceBulb } from './lamp.ts';
import { begin, connectWithLamps, key, logger, now, stored, subject } from './world.ts';

vi.mock('../../../src/events/rows/rows.ts', () => import('./rows-with-lamps.ts'));

const nats = useNats();

const anyLampEvent = fc.oneof(
  fc
    .record({ bulb: fc.integer({ min: 1, max: 4 }) })
    .map(({ bulb }) => lampEvent('LampOrdered', { ...key, bulb }, timeOf(0))),
  fc
    .record({
      bulb: fc.integer({ min: 1, max: 4 }),
      attempt: fc.integer({ min: 1, max: 3 }),
      lit: fc.boolean(),
    })
    .map((each) => lampEvent('LampTried', { ...key, ...each }, timeOf(0))),
  fc
    .record({ bulb: fc.integer({ min: 1, max: 4 }) })
    .map(({ bulb }) => lampEvent('LampBurnt', { ...key, bulb }, timeOf(0))),
);

describe('an aggregate that the kernel knows nothing of', () => {
  it('is at every sequence what a replay gives, also from a snapshot at any point, and a repeat changes nothing', () => {
    fc.assert(
      fc.property(fc.array(anyLampEvent, { maxLength: 40 }), fc.nat(), (events, point) => {
        const board = createBoard(lampAggregate);
        const history = createHistory(foldOf(lampAggregate));
        const at = point % (events.length + 1);
        let restored = createBoard(lampAggregate);
        events.forEach((event, index) => {
          if (index === at) {
            restored = createBoard(lampAggregate);
            for (const line of board.lines()) restored.load(line);
          }
          const message = stored(event, index + 1);
          for (const each of [board, restored]) each.apply(message);
          const { state, lastSequence } = board.entry(subject);
          expect(history.fold(message).after).toEqual(state);
          expect(lastSequence).toBe(index + 1);
          board.apply(message);
          expect(board.entry(subject)).toEqual({ state, lastSequence });
        });
        expect([...restored.lines()]).toEqual([...board.lines()]);
      }),
    );
  });

  it('leaves the version of snapshots of pods as it was', () => {
    const script = `
      const { versionOf } = await import('./src/kernel/fold/snapshots.ts');
      const { podAggregate } = await import('./src/collection/pod/aggregate.ts');
      process.stdout.write(versionOf(podAggregate));`;
    const cwd = new URL('../../../', import.meta.url);
    const without = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd,
      encoding: 'utf8',
    });
    expect(versionOf(podAggregate)).toBe(without);
    expect(versionOf(lampAggregate)).not.toBe(without);
  });

  it('is kept as a snapshot and restored from it', async () => {
    const running = await begin(await connectWithLamps(nats));
    await running.decider.decide(key, (state) => replaceBulb(key, state, now(), 600));
    const snapshots = createSnapshots({ aggregate: lampAggregate, connection: running.connection, bucket: snapshotsBucket, stream: streamName, everyEvents: 1, logger }); // prettier-ignore
    await until('the order to be followed', () => running.follower.lastApplied() >= 2);
    await snapshots.save(running.board, running.follower.lastApplied());
    const board = createBoard(lampAggregate);
    expect(await snapshots.restore(board)).toBe(running.follower.lastApplied());
    expect(board.entry(subject)).toEqual(running.board.entry(subject));
    const pods = createSnapshots({ aggregate: podAggregate, connection: running.connection, bucket: snapshotsBucket, stream: streamName, everyEvents: 1, logger }); // prettier-ignore
    expect(await pods.restore(createPodBoard())).toBe(0);
  });
});
