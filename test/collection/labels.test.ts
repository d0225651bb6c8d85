import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelsFor, recordable } from '../../src/collection/intake/labels.ts';
import { filledIn } from '../../src/collection/collectors/placeholders.ts';
import { createEvent } from '../../src/events/envelope.ts';
import { timeOf } from '../../src/events/instant.ts';
import { append } from '../../src/log/write/append.ts';
import { brokenPromises } from '../support/audit.ts';
import { alertRef, plan, pod } from '../support/events.ts';
import { eventsOf, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-labels-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A collector that writes down what it was given. */
function rules(row = '') {
  const given = `{ argv: process.argv.slice(1), env: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('ALERT_LABEL_'))) }`;
  const code = `require('fs').writeFileSync(${JSON.stringify(join(directory, 'given.json'))}, JSON.stringify(${given})); console.log(${JSON.stringify(sample)})`;
  return quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: mine, durationSeconds: 0.05, maxAttempts: 1${row} }
collectors:
  mine:
    command: ${JSON.stringify([process.execPath, '-e', code, '--', '--node={label.node}', '{label.instance}'])}
    labels: [severity, team, node]
    allowEarlierStart: true
`);
}
const written = async () => JSON.parse(await readFile(join(directory, 'given.json'), 'utf8')) as unknown;
const labels = { node: 'aks-1', instance: '10.0.0.1:9100', severity: 'critical' };

describe('a collector that names labels', () => {
  it('is given just those, as they were recorded with the request', async () => {
    const service = await start(nats.freshUrl(), { rules: rules() });
    await service.post(alertBody({ ...labels, team: 'a b; rm -rf', secret: 'x' }));
    const [item] = await service.whenState('uploaded');
    const { connection } = service.app.log;
    const [requested] = await eventsOf(connection, 'CollectionRequested');
    expect(requested?.data.trigger.labels).toEqual(labels);
    expect(requested?.data.plan.labels).toEqual({ required: ['node', 'instance'], optional: ['severity', 'team'] }); // prettier-ignore
    const { node, instance, severity } = labels;
    expect(await written()).toEqual({
      argv: [`--node=${node}`, instance],
      env: { ALERT_LABEL_node: node, ALERT_LABEL_instance: instance, ALERT_LABEL_severity: severity },
    });
    expect(item?.state).toBe('uploaded');
  });

  it('is given them for each pod of a StatefulSet, too', async () => {
    const targets = ', targets: { statefulSet: all, replicas: 1 }';
    const service = await start(nats.freshUrl(), { rules: rules(targets) });
    await service.post(alertBody({ ...labels, pod: '', sts: 'crate-data' }));
    await service.whenState('uploaded');
    const [requested] = await eventsOf(service.app.log.connection, 'CollectionRequested');
    expect(requested?.data).toMatchObject({ pod: 'crate-data-0', trigger: { labels } });
    expect(await written()).toMatchObject({ argv: ['--node=aks-1', labels.instance] });
    expect(await brokenPromises(service.app.log.connection)).toEqual([]);
  });

  it('gets them from the log alone: whoever takes over knows no alert', async () => {
    const url = nats.freshUrl();
    const looking = await start(url, { roles: ['api'] });
    const { connection } = looking.app.log;
    const about = { part: 'intake', time: timeOf(Date.now()), causeId: 'x' };
    const request = (given: Record<string, string>) => {
      const trigger = { ...alertRef(1), labels: given };
      return createEvent('CollectionRequested', { ...pod, collectionId: 'c0ffee', trigger, plan: { ...plan, collector: 'mine', durationSeconds: 0.05 } }, about); // prettier-ignore
    };
    await append(connection, request({ node: 'from-the-log', instance: 'i' }));
    const service = await start(url, { rules: rules(), roles: ['collect', 'upload', 'api'] });
    await service.whenState('uploaded');
    expect(await written()).toMatchObject({ argv: ['--node=from-the-log', 'i'] });
  });

  it('is not run with an argument missing: an attempt by another configuration fails and says so', async () => {
    const url = nats.freshUrl();
    const looking = await start(url, { roles: ['api'] });
    const { connection } = looking.app.log;
    const data = { ...pod, collectionId: 'c0ffee', trigger: alertRef(1), plan: { ...plan, collector: 'mine', maxAttempts: 1 } }; // prettier-ignore
    await append(connection, createEvent('CollectionRequested', data, { part: 'intake', time: timeOf(Date.now()), causeId: 'x' })); // prettier-ignore
    await start(url, { rules: rules(), roles: ['collect'] });
    const [failed] = await whenThere(connection, 'CollectionFailed');
    expect(failed?.data.error.code).toBe('label-not-requested');
    expect(failed?.data.error.message).toContain('names {label.node}');
    await expect(written()).rejects.toThrow('ENOENT');
  });

  it.each([
    ['lacks one that is an argument', { instance: 'i' }, 'missing-label', 'the alert has no label node; its collector needs it'], // prettier-ignore
    ['has an option in its place', { ...labels, node: '--kubeconfig=/tmp/x' }, 'invalid-label', 'node must be up to 253'], // prettier-ignore
    ['has a line break in its place', { ...labels, instance: 'a\nb' }, 'invalid-label', 'instance must be'],
  ])('declines an alert that %s, visibly', async (_, given, reason, message) => {
    const service = await start(nats.freshUrl(), { rules: rules() });
    const { json } = await service.post(alertBody(given));
    const { connection } = service.app.log;
    const [declined] = await whenThere(connection, 'AlertDeclined');
    expect(declined?.data).toMatchObject({ reason, message: expect.stringContaining(message) as string });
    const alert = await service.get(`/api/v1/alerts/${json.alerts[0]?.id ?? ''}`);
    const { items } = await service.get('/api/v1/alerts');
    for (const { outcome } of [alert, items[0] ?? alert])
      expect(outcome).toMatchObject({ decision: 'AlertDeclined', reason: expect.stringContaining(message) as string }); // prettier-ignore
    expect(await eventsOf(connection, 'CollectionRequested')).toEqual([]);
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('is asked for by hand in vain, with a reason that says what to do', async () => {
    const service = await start(nats.freshUrl(), { rules: rules() });
    const body = { ...{ kubeContext: 'c', namespace: 'n', pod: 'p' }, reason: 'because', by: 'ann' };
    const answer = await fetch(`${service.url}/api/v1/collections`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.ok).toBe(false);
    expect(await answer.text()).toContain('needs the label node of an alert');
  });
});

it('no label makes an argument an option, a folder that climbs or two arguments, whatever alerts hold', () => {
  const named = { ...plan, labels: { required: ['a'], optional: ['b', 'constructor'] } };
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[-./@:a-z*> {}]{0,12}$/), fc.constant('a/../b')); // prettier-ignore
  fc.assert(
    fc.property(value, value, (a, b) => {
      const alert = { kube_context: 'c', namespace: 'n', pod: 'p', a, b };
      const given = labelsFor(named, alert).labels ?? {};
      expect('pod' in recordable(alert, named)).toBe(Object.hasOwn(given, 'a'));
      expect(Object.keys(given).every((label) => ['a', 'b'].includes(label))).toBe(true);
      const filling = { ...pod, durationSeconds: 1, attempt: 1, labels: given };
      for (const argument of filledIn(['{label.a}', '{label.b}', '{label.constructor}'], filling)) {
        if (argument.startsWith('{label.')) continue;
        expect(argument).toMatch(/^[A-Za-z0-9][-._:/@A-Za-z0-9]*$/);
        expect(argument.split('/')).not.toContain('..');
      }
    }),
    { numRuns: 300 },
  );
});
