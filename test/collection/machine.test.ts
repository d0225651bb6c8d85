import { describe, expect, it } from 'vitest';
import { evolve, initialSnapshot } from '../../src/collection/pod/machine.ts';
import { type PodEvent, rememberedDecisions } from '../../src/collection/pod/context.ts';
import { alertRef, at, recording, story } from '../support/events.ts';

const fold = (...events: PodEvent[]) =>
  events.reduce((snapshot, event) => evolve(snapshot, event).state, initialSnapshot);
const first = story(alertRef(1));
const second = story(alertRef(2), 700);

describe('a pod', () => {
  it('collects from CollectionRequested to JfrCollected and is free again while the upload goes on', () => {
    const requested = evolve(initialSnapshot, first.requested());
    expect(requested.effects).toEqual(['collect']);
    expect(requested.state).toMatchObject({
      value: 'collecting',
      context: {
        current: { collectionId: first.collectionId, run: 1, attempts: 0, alerts: [alertRef(1).alertId] },
      },
    });
    const started = evolve(requested.state, first.started());
    expect(started.state.context.current).toMatchObject({ attempts: 1, attempt: { number: 1, by: 'p1' } });
    const collected = evolve(started.state, first.collected());
    expect(collected.effects).toEqual(['upload']);
    expect(collected.state).toMatchObject({
      value: 'idle',
      context: {
        current: null,
        uploads: { [first.collectionId]: { state: 'staged', recording, attempts: 0 } },
        cooldown: { until: at(633), afterCollectionId: first.collectionId },
      },
    });
    const { context } = evolve(collected.state, first.uploaded()).state;
    expect(context.uploads).toEqual({});
    expect(context.lastOutcome).toEqual({
      collectionId: first.collectionId,
      run: 1,
      state: 'uploaded',
      at: at(35),
    });
  });

  it('attaches alerts only while a recording is being made, and only to that one', () => {
    const collecting = fold(first.requested(), first.attached(alertRef(2)));
    expect(collecting.context.current?.alerts).toEqual([alertRef(1).alertId, alertRef(2).alertId]);
    expect(evolve(collecting, second.attached(alertRef(3))).state).toBe(collecting);
    const idle = fold(first.requested(), first.started(), first.collected());
    expect(evolve(idle, first.attached(alertRef(2))).state).toBe(idle);
  });

  it('counts attempts from the log and keeps when the next one may start', () => {
    const { current } = fold(first.requested(), first.started(1), first.attemptFailed(1, at(5))).context;
    expect(current).toMatchObject({ attempts: 1, retryAt: at(5), exhausted: false });
    expect(current?.attempt).toBeUndefined();
    const again = fold(first.requested(), first.started(1), first.attemptFailed(1, at(5)), first.started(2));
    expect(again.context.current).toMatchObject({ attempts: 2, attempt: { number: 2 } });
    expect(again.context.current?.retryAt).toBeUndefined();
  });

  it('takes no outcome of an attempt that has not begun', () => {
    const requested = fold(first.requested());
    expect(evolve(requested, first.collected()).state).toBe(requested);
    expect(evolve(requested, first.attemptFailed()).state).toBe(requested);
    expect(evolve(requested, first.started(2)).state).toBe(requested);
  });

  it('knows an attempt that failed for good, and starts no cooldown after a failure', () => {
    const exhausted = fold(first.requested(), first.started(), first.attemptFailed());
    expect(exhausted.context.current).toMatchObject({
      exhausted: true,
      lastError: { code: 'collector-exited' },
    });
    const failed = evolve(exhausted, first.failed('collect')).state;
    expect(failed).toMatchObject({ value: 'idle', context: { cooldown: null, current: null } });
    expect(failed.context.failed[first.collectionId]).toMatchObject({ stage: 'collect', run: 1 });
  });

  it('makes the next recording while earlier uploads still wait', () => {
    const both = fold(
      ...[first.requested(), first.started(), first.collected(), first.uploadFailed(1, at(60))],
      ...[second.requested(), second.started(), second.collected()],
    );
    expect(Object.keys(both.context.uploads)).toEqual([first.collectionId, second.collectionId]);
    expect(both.context.uploads[first.collectionId]).toMatchObject({ attempts: 1, retryAt: at(60) });
    expect(
      fold(first.requested(), first.started(), first.collected(), second.requested(), first.uploaded()).value,
    ).toBe('collecting');
  });

  it('redrives a failed collection at the stage that failed, as the next run and no other', () => {
    const failed = fold(first.requested(), first.started(), first.failed('collect', 1));
    expect(evolve(failed, first.redriven(3)).state).toBe(failed);
    expect(evolve(failed, first.redriven(2, 'upload')).state).toBe(failed);
    const again = evolve(failed, first.redriven(2));
    expect(again.effects).toEqual(['collect']);
    expect(again.state).toMatchObject({
      value: 'collecting',
      context: { current: { run: 2, attempts: 0 } },
    });
    const uploadFailed = fold(
      first.requested(),
      first.started(),
      first.collected(),
      first.failed('upload', 1),
    );
    const uploading = evolve(uploadFailed, first.redriven(2, 'upload'));
    expect(uploading.effects).toEqual(['upload']);
    expect(uploading.state.context.uploads[first.collectionId]).toMatchObject({ run: 2, state: 'staged' });
  });

  it('keeps the last decisions and failures only', () => {
    const many = Array.from({ length: rememberedDecisions + 10 }, (_, n) =>
      first.suppressed(alertRef(n + 2), at(600)),
    );
    expect(fold(...many).context.decided).toHaveLength(rememberedDecisions);
    const failures = Array.from({ length: 8 }, (_, n) => story(alertRef(n + 1))).flatMap((each) => [
      each.requested(),
      each.started(),
      each.failed('collect', 1),
    ]);
    expect(Object.keys(fold(...failures).context.failed)).toHaveLength(5);
  });
});
