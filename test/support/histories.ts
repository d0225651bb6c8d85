import fc from 'fast-check';
import { evolve, initialSnapshot } from '../../src/collection/pod/machine.ts';
import type { PodEvent } from '../../src/collection/pod/context.ts';
import { alertRef, at, story } from './events.ts';

/** Every event that three collections of one pod can have, also such as do not fit now. */
const everyEvent: PodEvent[] = [1, 2, 3].flatMap((which) => {
  const of = story(alertRef(which), which * 100);
  const retryAt = at(which * 100 + 50);
  const others = [4, 5, 6].map((other) => which * 10 + other);
  return [
    of.requested(),
    // One that is decided is not decided otherwise as well.
    ...others.map((other) => of.attached(alertRef(other))),
    ...others.flatMap((other) => [
      of.suppressed(alertRef(other + 100), at(600)),
      of.elapsed(alertRef(other + 100), at(600)),
    ]),
    ...[1, 2].flatMap((run) => [
      ...[of.redriven(run, 'collect'), of.redriven(run, 'upload')],
      ...[1, 2].flatMap((attempt) => [
        ...[of.started(attempt, run), of.collected(attempt, run), of.uploaded(attempt, run)],
        ...[of.attemptFailed(attempt, retryAt, run), of.attemptFailed(attempt, undefined, run)],
        ...[of.uploadFailed(attempt, retryAt, run), of.uploadFailed(attempt, undefined, run)],
        ...[of.failed('collect', attempt, run), of.failed('upload', attempt, run)],
        ...[of.cancelled('collect', attempt, run), of.cancelled('upload', attempt, run)],
      ]),
    ]),
  ];
});

export const anyEvent = fc.constantFrom(...everyEvent);

/** A history as the reactors write it: at each step one of the events that the machine takes then. */
export const validHistory = fc.array(fc.nat(), { minLength: 5, maxLength: 40 }).map((choices) => {
  let snapshot = initialSnapshot;
  const history: PodEvent[] = [];
  for (const choice of choices) {
    const fitting = everyEvent.filter((event) => evolve(snapshot, event).state !== snapshot);
    // The type first: there are many more failures than recordings to choose from.
    const types = [...new Set(fitting.map(({ type }) => type))];
    const ofType = fitting.filter(({ type }) => type === types[choice % types.length]);
    const event = ofType[choice % ofType.length];
    if (!event) break;
    history.push(event);
    snapshot = evolve(snapshot, event).state;
  }
  return history;
});
