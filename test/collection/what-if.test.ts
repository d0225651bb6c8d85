import { describe, expect, it } from 'vitest';
import { compare, summarize } from '../../src/collection/what-if/compare.ts';
import { createPast } from '../../src/collection/what-if/past.ts';
import { simulate } from '../../src/collection/what-if/simulate.ts';
import { createTimeline } from '../../src/collection/what-if/timeline.ts';
import { createEvent, type Event } from '../../src/events/envelope.ts';
import { millisOf } from '../../src/events/instant.ts';
import { alertRef, at, plan, pod, stored, story } from '../support/events.ts';

const row = (changes: Partial<typeof plan> = {}, match = ['alertname="CrateDBContainerRestart"']) => {
  const { rule: _rule, ...rest } = { ...plan, ...changes };
  return { name: 'row', match, plan: rest };
};

function received(number: number, seconds: number, status: 'firing' | 'resolved' = 'firing') {
  const { alertname, fingerprint, startsAt } = alertRef(number);
  const labels = { alertname, kube_context: pod.kubeContext, namespace: pod.namespace, pod: pod.pod };
  const webhook = { source: 'alertmanager', receiver: 'r', groupKey: 'g', generatorURL: '', externalURL: '' };
  const data = {
    ...webhook,
    status,
    labels,
    annotations: {},
    startsAt,
    fingerprint,
    receivedAt: at(seconds),
  };
  return createEvent('AlertReceived', data, { part: 'ingest', time: at(seconds) });
}

function whatIf(
  rows: ReturnType<typeof row>[],
  events: Event[],
  horizonSeconds = 10_000,
  maxAlertAgeSeconds = 900,
) {
  const { apply, past } = createPast();
  events.forEach((event, index) => apply(stored(event, index + 1)));
  const known = past();
  const would = simulate(known, { collections: rows, maxAlertAgeSeconds }, millisOf(at(horizonSeconds)));
  const compared = known.alerts.map((alert) => compare(alert, would.get(alert) ?? []));
  return {
    compared,
    would: compared.map((each) => each.would.map(({ kind }) => kind)),
    summary: summarize(compared),
  };
}

describe('what if', () => {
  it('declines an alert without a label that the collector of its row needs', () => {
    const needs = row({ labels: { required: ['node'], optional: ['team'] } });
    expect(whatIf([needs], [received(1, 0)]).compared[0]?.would).toEqual([{ kind: 'declined', label: 'node' }]); // prettier-ignore
  });

  const alerts = [received(1, 0), received(2, 10), received(3, 100), received(4, 1_000)];

  it('attaches during the assumed recording, waits for the cooldown after it, and is decided again at its end', () => {
    const { would, summary } = whatIf([row()], alerts);
    const waited = ['suppressed', 'requested'];
    expect(would).toEqual([['requested'], ['attached'], waited, waited]);
    expect(summary).toMatchObject({ alerts: 4, differ: 4, requested: { then: 0, would: 3 } });
    expect(whatIf([row({ cooldownSeconds: 0 })], alerts).would).toEqual([
      ...[['requested'], ['attached'], ['requested'], ['requested']],
    ]);
    expect(whatIf([row()], alerts, 200).would[2]).toEqual(['suppressed']);
  });

  it('does not decide again what has resolved meanwhile, nor what is too old', () => {
    expect(whatIf([row()], [...alerts.slice(0, 3), received(3, 200, 'resolved')]).would[2]).toEqual([
      'suppressed',
    ]);
    const late = createEvent('AlertDeclined', { ...alertRef(1), reason: 'missing-label', label: 'pod', message: 'm' }, { part: 'intake', time: at(2_000), causeId: 'x' }); // prettier-ignore
    const { compared } = whatIf([row()], [received(1, 0), late]);
    expect(compared).toMatchObject([
      { then: [{ kind: 'declined' }], would: [{ kind: 'suppressed', reason: 'stale' }], differs: true },
    ]);
  });

  it('ends a collection that was requested then as it did then, and after as long, changed by durationSeconds', () => {
    const first = story(alertRef(1));
    // It took 33 s for a recording of 30 s: with 60 s it would have taken 63.
    const log = [
      received(1, 0),
      first.requested(),
      first.started(),
      first.collected(),
      received(2, 62),
      received(3, 64),
    ];
    const longer = whatIf([row({ durationSeconds: 60 })], log, 100);
    expect(longer.would).toEqual([['requested'], ['attached'], ['suppressed']]);
    expect(longer.compared[0]).toMatchObject({ differs: true });
    expect(whatIf([row()], log, 100).compared[0]).toMatchObject({ differs: false });
    // One that failed begins no cooldown.
    const failed = [received(1, 0), first.requested(), first.failed(), received(2, 50)];
    expect(whatIf([row()], failed).would).toEqual([['requested'], ['requested']]);
  });

  it('takes what was asked for by hand as it was, whatever the policy and the cooldown say', () => {
    const second = story(alertRef(2), 50);
    const byHand = received(2, 50);
    const asked = { ...byHand, data: { ...byHand.data, source: 'api' } };
    const log = [received(1, 0), story(alertRef(1)).requested(), asked, second.requested(), received(3, 55)];
    const { compared, would } = whatIf([row()], log, 100);
    expect(would).toEqual([['requested'], ['requested'], ['attached']]);
    expect(compared[1]).toMatchObject({ differs: false });
    expect(whatIf([row({}, ['alertname="Other"'])], log, 100).would[1]).toEqual(['requested']);
  });

  it('says nothing for what no row matches, and counts the changes', () => {
    const first = story(alertRef(1));
    const { compared, summary } = whatIf(
      [row({}, ['alertname="Other"'])],
      [received(1, 0), first.requested()],
    );
    expect(compared).toMatchObject([{ then: [{ kind: 'requested' }], would: [{ kind: 'ignored' }] }]);
    expect(compared[0]?.pod).toMatchObject({ namespace: pod.namespace, pod: pod.pod });
    expect(summary.changes).toEqual([{ then: 'requested', would: 'nothing', alerts: 1 }]);
  });
});

it('a timeline runs in order of time, then of rank, then of arrival, also what is added on the way', () => {
  const { add, runUntil } = createTimeline();
  const seen: string[] = [];
  add(2, 1, () => seen.push('b'));
  add(2, 0, () => {
    seen.push('a');
    add(2, 1, () => seen.push('c'));
  });
  add(3, 0, () => seen.push('never'));
  runUntil(2);
  expect(seen).toEqual(['a', 'b', 'c']);
});
