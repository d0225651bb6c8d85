import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import { evolve, initialSnapshot, type PodSnapshot } from '../../src/collection/pod/machine.ts';
import { type PodEvent } from '../../src/collection/pod/context.ts';
import { podMachine } from '../../src/collection/pod/machine.ts';
import { podSubject } from '../../src/events/subjects.ts';
import { pod, stored } from '../support/events.ts';
import { anyEvent, validHistory } from '../support/histories.ts';

const fold = (events: PodEvent[], from: PodSnapshot = initialSnapshot) =>
  events.reduce((snapshot, event) => evolve(snapshot, event).state, from);

describe('what always holds', () => {
  it('any interleaving of events leaves the machine in a known state', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 200 }), (events) => {
        const { value, context } = fold(events);
        expect(['idle', 'collecting']).toContain(value);
        expect(value === 'collecting').toBe(context.current !== null);
        for (const upload of Object.values(context.uploads))
          expect(context.failed).not.toHaveProperty(upload.collectionId);
      }),
    );
  });

  it('an event that is there twice changes nothing, however much later it comes again', () => {
    fc.assert(
      fc.property(
        validHistory,
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }),
        (events, repeats) => {
          const withRepeats = [...events];
          for (const [which, after] of repeats) {
            const event = events[which % Math.max(events.length, 1)];
            if (!event) continue;
            const earliest = withRepeats.indexOf(event) + 1;
            withRepeats.splice(earliest + (after % (withRepeats.length - earliest + 1)), 0, event);
          }
          expect(fold(withRepeats)).toEqual(fold(events));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('replay gives at every sequence what was live then, also from a snapshot that was written down', () => {
    fc.assert(
      fc.property(validHistory, (events) => {
        const board = createPodBoard();
        let replayed = initialSnapshot;
        events.forEach((event, index) => {
          board.apply(stored(event, index + 1));
          const written = JSON.parse(JSON.stringify(podMachine.resolveState(replayed))) as PodSnapshot;
          const onStream = { ...event, sequence: index + 1 };
          replayed = evolve(podMachine.resolveState(written), onStream).state;
          const { state: snapshot, lastSequence } = board.entry(podSubject(pod));
          expect(lastSequence).toBe(index + 1);
          expect({ value: snapshot.value, context: snapshot.context }).toEqual({
            value: replayed.value,
            context: replayed.context,
          });
          const inOrder = events.slice(0, index + 1).map((each, at) => ({ ...each, sequence: at + 1 }));
          expect(fold(inOrder).context).toEqual(snapshot.context);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('every run ends at most once', () => {
    fc.assert(
      fc.property(validHistory, (events) => {
        const ends = events.filter(({ type }) => type === 'Uploaded' || type === 'CollectionFailed');
        const runs = ends.map(({ data }) =>
          'run' in data ? `${data.collectionId}/${String(data.run)}` : '',
        );
        expect(new Set(runs).size).toBe(runs.length);
      }),
    );
  });
});
