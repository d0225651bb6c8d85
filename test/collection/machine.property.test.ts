import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBoard } from '../../src/collection/board.ts';
import { evolve, initialSnapshot, type PodSnapshot } from '../../src/collection/machine.ts';
import { type PodEvent } from '../../src/collection/pod-context.ts';
import { podMachine } from '../../src/collection/machine.ts';
import { podSubject } from '../../src/events/subjects.ts';
import { alertRef, at, pod, story, stored } from '../support/events.ts';

/** Every event that three collections of one pod can have, also such as do not fit now. */
const everyEvent: PodEvent[] = [1, 2, 3].flatMap((which) => {
  const of = story(alertRef(which), which * 100);
  const retryAt = at(which * 100 + 50);
  const others = [4, 5, 6].map((other) => alertRef(which * 10 + other));
  return [
    of.requested(),
    ...others.flatMap((other) => [
      of.attached(other),
      of.suppressed(other, at(600)),
      of.elapsed(other, at(600)),
    ]),
    ...[1, 2].flatMap((run) => [
      ...[of.redriven(run, 'collect'), of.redriven(run, 'upload')],
      ...[1, 2].flatMap((attempt) => [
        ...[of.started(attempt, run), of.collected(attempt, run), of.uploaded(attempt, run)],
        ...[of.attemptFailed(attempt, retryAt, run), of.attemptFailed(attempt, undefined, run)],
        ...[of.uploadFailed(attempt, retryAt, run), of.uploadFailed(attempt, undefined, run)],
        ...[of.failed('collect', attempt, run), of.failed('upload', attempt, run)],
      ]),
    ]),
  ];
});

const anyEvent = fc.constantFrom(...everyEvent);

/** A history as the reactors write it: at each step one of the events that the machine takes then. */
const validHistory = fc.array(fc.nat(), { minLength: 5, maxLength: 40 }).map((choices) => {
  let snapshot = initialSnapshot;
  const history: PodEvent[] = [];
  for (const choice of choices) {
    const fitting = everyEvent.filter((event) => evolve(snapshot, event).snapshot !== snapshot);
    // The type first: there are many more failures than recordings to choose from.
    const types = [...new Set(fitting.map(({ type }) => type))];
    const ofType = fitting.filter(({ type }) => type === types[choice % types.length]);
    const event = ofType[choice % ofType.length];
    if (!event) break;
    history.push(event);
    snapshot = evolve(snapshot, event).snapshot;
  }
  return history;
});

const fold = (events: PodEvent[], from: PodSnapshot = initialSnapshot) =>
  events.reduce((snapshot, event) => evolve(snapshot, event).snapshot, from);

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
        const board = createBoard();
        let replayed = initialSnapshot;
        events.forEach((event, index) => {
          board.apply(stored(event, index + 1));
          const written = JSON.parse(JSON.stringify(podMachine.resolveState(replayed))) as PodSnapshot;
          replayed = evolve(podMachine.resolveState(written), event).snapshot;
          const { snapshot, lastSequence } = board.entry(podSubject(pod));
          expect(lastSequence).toBe(index + 1);
          expect({ value: snapshot.value, context: snapshot.context }).toEqual({
            value: replayed.value,
            context: replayed.context,
          });
          expect(fold(events.slice(0, index + 1)).context).toEqual(snapshot.context);
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
