import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAlertmanager } from '../../src/ingest/formats/alertmanager.ts';
import { fingerprintOf } from '../../src/events/fingerprint.ts';
import { fitAlert } from '../../src/ingest/formats/fit.ts';

const folder = new URL('../fixtures/alertmanager/', import.meta.url);
const captures = readdirSync(folder);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { alerts: Alert[] };
interface Alert {
  labels: Record<string, string>;
  fingerprint: string;
  startsAt: string;
  status: string;
}
const receivedAt = '2026-11-20T19:11:00.000Z';

function alertsOf(body: unknown) {
  const parsed = parseAlertmanager(body, receivedAt);
  if ('fault' in parsed) throw new Error(`${parsed.fault.path}: ${parsed.fault.message}`);
  return parsed.alerts.map((each) => {
    if (!('alert' in each)) throw new Error(each.reason);
    return each.alert;
  });
}

describe.each(captures)('what a real Alertmanager sent: %s', (name) => {
  it('is read alert by alert, with nothing lost', () => {
    const body = read(name);
    const alerts = alertsOf(body);
    expect(alerts).toHaveLength(body.alerts.length);
    alerts.forEach((alert, index) => {
      const { labels, fingerprint, startsAt, status } = body.alerts[index] ?? {};
      expect(alert).toMatchObject({
        labels,
        fingerprint,
        startsAt,
        status,
        receivedAt,
        source: 'alertmanager',
      });
      expect(alert).not.toHaveProperty('endsAt', '0001-01-01T00:00:00Z');
    });
  });

  it('has the fingerprints that are computed where they are absent', () => {
    const body = read(name);
    for (const { labels, fingerprint } of body.alerts) expect(fingerprintOf(labels)).toBe(fingerprint);
    const stripped = { ...body, alerts: body.alerts.map(({ fingerprint: _, ...rest }) => rest) };
    expect(alertsOf(stripped).map((alert) => alert.fingerprint)).toEqual(
      body.alerts.map((alert) => alert.fingerprint),
    );
  });
});

describe('a body that is no Alertmanager webhook of version 4', () => {
  const good = read('am0.33.1-single_firing.json');
  it.each([
    [null, '/'],
    [[], '/'],
    ['x', '/'],
    [{ ...good, version: '3' }, '/version'],
    [{ ...good, version: 4 }, '/version'],
    [{ ...good, alerts: {} }, '/alerts'],
    [{ ...good, receiver: 7 }, '/receiver'],
  ])('is refused as a whole with the path of the fault (%#)', (body, path) => {
    expect(parseAlertmanager(body, receivedAt)).toMatchObject({ fault: { path } });
  });
});

describe('one malformed alert among others', () => {
  const good = read('am0.33.1-group25_firing.json');
  it.each([
    [7, '/alerts/1'],
    [{ ...good.alerts[1], status: 'burning' }, '/alerts/1/status'],
    [{ ...good.alerts[1], labels: { alertname: 7 } }, '/alerts/1/labels/alertname'],
    [{ ...good.alerts[1], startsAt: 'yesterday' }, '/alerts/1/startsAt'],
    [{ ...good.alerts[1], fingerprint: 7 }, '/alerts/1/fingerprint'],
  ])('is rejected alone, with the path of its fault (%#)', (bad, path) => {
    const parsed = parseAlertmanager({ ...good, alerts: good.alerts.with(1, bad as Alert) }, receivedAt);
    if ('fault' in parsed) throw new Error('not reached');
    expect(parsed.alerts.filter((each) => 'alert' in each)).toHaveLength(24);
    expect(parsed.alerts[1]).toMatchObject({ reason: expect.stringContaining(path) as string });
  });
});

describe('an alert too large for a message', () => {
  const [alert] = alertsOf(read('am0.33.1-single_firing.json'));
  if (!alert) throw new Error('no alert');
  const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

  it('loses its largest annotations first, then labels that nothing needs, and says so', () => {
    const large = {
      ...alert,
      annotations: { small: 'x', large: 'y'.repeat(5_000), larger: 'z'.repeat(50_000) },
      labels: { ...alert.labels, blob: 'b'.repeat(9_000) },
    };
    const withoutOne = fitAlert(large, 20_000);
    expect(withoutOne).toMatchObject({ truncated: ['annotations.larger'], annotations: { small: 'x' } });
    const smallest = fitAlert(large, 2_500);
    expect(smallest?.labels).not.toHaveProperty('blob');
    expect(smallest?.truncated).toEqual([
      'annotations.larger',
      'annotations.large',
      'annotations.small',
      'labels.blob',
    ]);
    expect(fitAlert(large, 500)).toBeUndefined();
    expect(fitAlert(alert, 100_000)).toBe(alert);
  });

  it('fits afterwards or is refused, and never loses what decisions need', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    fc.assert(
      fc.property(fc.dictionary(text, text), fc.dictionary(text, text), (labels, annotations) => {
        const fitted = fitAlert({ ...alert, annotations, labels: { ...labels, ...alert.labels } }, 4_000);
        if (!fitted) return;
        expect(sizeOf(fitted)).toBeLessThanOrEqual(4_000);
        const { alertname, pod, namespace, kube_context, sts, severity } = alert.labels;
        expect(fitted.labels).toMatchObject({ alertname, pod, namespace, kube_context, sts, severity });
      }),
    );
  });
});
