import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/events/fingerprint.ts';
import { nanosOf } from '../../src/events/instant.ts';
import { parseAlerts } from '../../src/ingest/formats/alerts.ts';
import { formatOf } from '../../src/ingest/formats/formats.ts';
import type { ParsedAlert, ReadAlert } from '../../src/ingest/formats/parsed.ts';

const receivedAt = '2026-11-20T19:11:00.000Z';
const reception = { source: 'alerts', receivedAt };

const parsedOf = (body: unknown, more: { idempotencyKey?: string } = {}): ParsedAlert[] => {
  const parsed = parseAlerts(body, { ...reception, ...more });
  if ('fault' in parsed) throw new Error(`${parsed.fault.path}: ${parsed.fault.message}`);
  return parsed.alerts;
};
const readOf = (alert: object, around: object = {}, more: { idempotencyKey?: string } = {}): ReadAlert => {
  const [parsed] = parsedOf({ alerts: [alert], ...around }, more);
  if (!parsed || !('alert' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
};

describe('an alert with a title', () => {
  it('becomes the labels and annotations that decisions are made of', () => {
    const { alert, once } = readOf({
      ...{ title: 'CrateDB container restart', description: 'It restarted', type: 'infrastructure' },
      ...{ severity: 'CRITICAL', source: { name: 'CloudWatch', type: 'aws' } },
      context: { environment: 'production', service: 'crate', kube_context: 'prod', nested: { a: 1 } },
      data: { namespace: 'search', pod: 'search-0', restarts: 3 },
      metrics: { cpu_usage: 95.2 },
    });
    const labels = {
      ...{ alertname: 'CrateDBContainerRestart', severity: 'critical', type: 'infrastructure' },
      ...{ source: 'CloudWatch', source_type: 'aws', environment: 'production', service: 'crate' },
      ...{ kube_context: 'prod', namespace: 'search', pod: 'search-0' },
    };
    expect(alert).toEqual({
      ...{ source: 'alerts', receiver: '', groupKey: '', status: 'firing', labels },
      annotations: {
        ...{ title: 'CrateDB container restart', description: 'It restarted' },
        ...{ metrics: '{"cpu_usage":95.2}', context: '{"nested":{"a":1}}', data: '{"restarts":3}' },
      },
      ...{ startsAt: receivedAt, receivedAt, generatorURL: '', externalURL: '' },
      fingerprint: fingerprintOf(labels),
    });
    expect(once).toBeUndefined();
  });

  it.each([
    ['High CPU Usage', 'HighCPUUsage'],
    ['CrateDBContainerRestart', 'CrateDBContainerRestart'],
    ['disk 95% full (node-3)', 'Disk95FullNode3'],
    ['  snake_case stays ', 'Snake_caseStays'],
    ['größe übersteigt', 'GrößeÜbersteigt'],
    [' !!! ', '!!!'],
  ])('called %j has the alertname %j', (title, alertname) => {
    expect(readOf({ title }).alert.labels).toEqual({ alertname });
  });

  it('has labels from context before data, none that other fields are for, and loses nothing of the rest', () => {
    const { alert } = readOf({
      title: 'x',
      context: { pod: 'a', alertname: 'forged', __proto__x: 1, 'with space': 'b', on: true, none: '', n: 7 },
      data: { pod: 'b', sts: 'c', kubeContext: 'prod', ip_address: '10.0.0.1' },
    });
    expect(alert.labels).toEqual({
      alertname: 'X',
      pod: 'a',
      on: 'true',
      n: '7',
      sts: 'c',
      kube_context: 'prod',
    });
    expect(JSON.parse(alert.annotations['context'] ?? '')).toEqual({
      ...{ alertname: 'forged', __proto__x: 1, 'with space': 'b', none: '' },
    });
    expect(JSON.parse(alert.annotations['data'] ?? '')).toEqual({ pod: 'b', ip_address: '10.0.0.1' });
  });

  it.each([
    [{ startsAt: '2026-11-20T19:00:00+02:00' }, '2026-11-20T19:00:00+02:00'],
    [{ timestamp: '2026-11-20T19:00:00.123456' }, '2026-11-20T19:00:00.123456Z'],
    [{ timestamp: '2026-11-20T19:00:00Z', startsAt: '2026-11-20T18:00:00Z' }, '2026-11-20T18:00:00Z'],
    [{}, receivedAt],
  ])('fires since %j', (times, startsAt) => {
    expect(readOf({ title: 'x', ...times }).alert.startsAt).toBe(startsAt);
  });

  it.each([
    [{}, {}, {}, undefined, undefined],
    [{ id: 'a-1' }, {}, {}, 'a-1', true],
    [{ id: 17 }, { batch_id: 'b' }, {}, '17', true],
    [{}, { batch_id: 'b' }, { idempotencyKey: 'k' }, 'b/0', true],
    [{}, {}, { idempotencyKey: 'k' }, 'k/0', true],
    [{ timestamp: receivedAt }, { batch_id: 'b' }, { idempotencyKey: 'k' }, undefined, undefined],
    [{ timestamp: receivedAt, id: 'a-1' }, {}, {}, 'a-1', undefined],
  ])('that says %j in %j with %j is known by alert_id %j', (alert, around, more, alertId, once) => {
    const read = readOf({ title: 'x', ...alert }, around, more);
    expect(read.alert.labels['alert_id']).toBe(alertId);
    expect(read.once).toBe(once);
  });
});

describe('one malformed alert among others', () => {
  it.each([
    [7, '/alerts/1: Expected object'],
    [{}, '/alerts/1/title: Expected a title: the label alertname is made of it'],
    [{ title: ' ' }, '/alerts/1/title: Expected a title that is not blank'],
    [{ title: 'x', status: 'acknowledged' }, '/alerts/1/status: Expected firing (the default) or resolved'],
    [{ title: 'x', timestamp: 'yesterday' }, '/alerts/1/timestamp: Expected an RFC 3339 time'],
    [{ title: 'x', startsAt: 7 }, '/alerts/1/startsAt: Expected an RFC 3339 time; one without an offset is UTC: since when it fires'],
    [{ title: 'x', context: [] }, '/alerts/1/context: Expected an object'],
    [{ title: 'x', id: 'x'.repeat(257) }, '/alerts/1/id: Expected a text of up to 256 characters, or an integer, that names this alert: the label alert_id'],
  ])('is rejected alone, with its fault and what is allowed: %j', (bad, reason) => {
    const alerts = parsedOf({ alerts: [{ title: 'a' }, bad, { title: 'b' }] });
    expect(alerts[1]).toMatchObject({ result: 'rejected', reason });
    expect(alerts.filter((each) => 'alert' in each)).toHaveLength(2);
  }); // prettier-ignore

  it.each(['data', 'context', 'metrics'])(
    'is rejected where its %s is nested too deep to be written',
    (field) => {
      // Such a name makes V8 write it by recursion; without one it knows a way without.
      const text = `{"0":1,"deep":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
      const alerts = parsedOf({
        alerts: [{ title: 'a', [field]: JSON.parse(text) as unknown }, { title: 'b' }],
      });
      expect(alerts.map((each) => ('alert' in each ? 'read' : each.reason))).toEqual([
        '/alerts/0: it is nested too deep',
        'read',
      ]);
    },
  );
});

it.each([
  [null, '/'],
  [[], '/'],
  [{ alerts: {} }, '/alerts'],
  [{ alerts: [], batch_id: 7 }, '/batch_id'],
  [{ alerts: [], metadata: 'x' }, '/metadata'],
])('a body that is none is refused as a whole with the path of the fault (%#)', (body, path) => {
  expect(parseAlerts(body, reception)).toMatchObject({ fault: { path } });
});

it('whatever a body holds, what is read is a valid alert with whole labels, within the room that is reserved for it', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'pod', 'kubeContext', 'a\nb', '\u0000'));
  const fields = fc.dictionary(text, fc.oneof(fc.jsonValue(), fc.constant(1e20), text), { maxKeys: 8 });
  const alert = fc.record(
    {
      ...{ title: text, description: text, type: text, severity: text, id: fc.oneof(text, fc.integer()) },
      ...{ source: fc.record({ name: text, type: text }), context: fields, data: fields, metrics: fields },
      ...{ status: fc.constantFrom('firing', 'RESOLVED', 'x'), timestamp: fc.constantFrom(receivedAt, 'x') },
    },
    { requiredKeys: [] },
  );
  const around = fc.record({ batch_id: text, metadata: fields }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(fc.oneof(alert, fc.jsonValue())), around, (alerts, rest) => {
      const written = JSON.stringify({ alerts, ...rest });
      const parsed = parseAlerts(JSON.parse(written), reception);
      if ('fault' in parsed) return;
      expect(parsed.alerts).toHaveLength(alerts.length);
      for (const each of parsed.alerts) {
        if (!('alert' in each)) {
          expect(each.reason).not.toBe('');
          continue;
        }
        const { labels, annotations, fingerprint, startsAt } = each.alert;
        expect(Object.values({ ...labels, ...annotations }).every((value) => typeof value === 'string' && value !== '')).toBe(true);
        expect(fingerprint).toBe(fingerprintOf(labels));
        expect(nanosOf(startsAt)).toBeDefined();
        const bytes = Buffer.byteLength(JSON.stringify(each.alert));
        expect(bytes).toBeLessThanOrEqual(written.length * formatOf({ format: 'alerts' }).growth * 3 + 2_048);
      }
    }),
  );
}); // prettier-ignore
