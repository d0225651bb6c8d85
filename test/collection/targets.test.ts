import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/file.ts';
import { brokenPromises } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { eventsOf, whenHandled, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { captured, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
// As a real Alertmanager sent it: it names a StatefulSet, and no pod.
const capture = 'am0.33.1-prometheus_rules.2-firing-CrateDBCloudNotResponsive';
const sts = webhook(capture).alerts[0]?.labels['sts'] ?? '';
const pods = (...numbers: number[]) => numbers.map((number) => `${sts}-${String(number)}`);

interface Outcome {
  reason?: string;
}

interface Row {
  targets?: string;
  more?: string;
  /** JavaScript that prints the names of pods; `sts` is there. */
  finds?: string;
  /** The same that makes a recording; `pod` is there. */
  collects?: string;
}
const copies = `require('fs').copyFileSync(${JSON.stringify(sample)}, 'out.jfr')`;
const rules = ({ targets = '{ statefulSet: all }', more = '', finds = '', collects = copies }: Row) => {
  const argv = (code: string, name: string) =>
    JSON.stringify([process.execPath, '-e', `const [, ${name}] = process.argv; ${code}`, `{${name}}`]);
  return quickRules(`collections:
  - { name: whole, match: ['alertname="CrateDBCloudNotResponsive"'], collector: it, targets: ${targets}, durationSeconds: 0.05, timeoutSeconds: 30, backoff: { initialSeconds: 0.05, factor: 1 }${more} }
collectors: { it: { command: ${argv(collects, 'pod')}, allowEarlierStart: true, targetsCommand: ${argv(finds, 'sts')} } }
`);
};
const threePods = "for (const n of [0, 1, 2]) console.log(sts + '-' + n)";

const alertsOf = async (service: TestService) => (await service.get('/api/v1/alerts')).items;
const auditOf = async (service: TestService) => {
  await whenHandled(service.app.log.connection);
  return brokenPromises(service.app.log.connection);
};

describe('an alert that names a StatefulSet and no pod', () => {
  it('leads to a recording of each of its pods, and everything that is asked of it says so', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { rules: rules({ finds: threePods }) });
    await service.post(captured(capture));
    const items = await service.whenState('uploaded', 3);
    expect(items.map(({ pod }) => pod).sort()).toEqual(pods(0, 1, 2));
    const { connection } = service.app.log;
    const [found] = await eventsOf(connection, 'TargetsFound');
    expect(found?.data).toMatchObject({ sts, pods: pods(0, 1, 2), leftOut: [], attempt: 1 });
    const [alert] = await alertsOf(service);
    expect(alert?.outcome).toMatchObject({
      decision: 'TargetsFound',
      pods: pods(0, 1, 2).map((pod) => ({ pod, decision: 'CollectionRequested', state: 'uploaded' })),
    });
    const story = await service.get(`/api/v1/alerts/${alert?.id ?? ''}`);
    expect(story.events.map(({ type }) => type)).toEqual([
      ...['AlertReceived', 'TargetsRequested', 'TargetsFound'],
      ...['CollectionRequested', 'CollectionRequested', 'CollectionRequested'],
    ]);
    const told = await cli(['explain', alert?.id ?? ''], { NATS_URL: url });
    for (const pod of pods(0, 1, 2)) expect(told.stdout).toContain(`${pod} requested because of alert CrateDBCloudNotResponsive`); // prettier-ignore
    expect((await cli(['explain', pods(1)[0] ?? ''], { NATS_URL: url })).stdout).toContain(
      `pods of StatefulSet ${sts}: ${pods(0, 1, 2).join(', ')}`,
    );
    expect(await auditOf(service)).toEqual([]);
    // Told again, it is a duplicate.
    await service.post(captured(capture));
    expect(await eventsOf(connection, 'TargetsRequested')).toHaveLength(1);
  });

  it('is answered by /sync once all of its pods are, with the url of each recording', async () => {
    const row = rules({ finds: threePods, targets: '{ statefulSet: all, max: 2 }' });
    const sources = quickRules('sources: [{ name: alerts, format: alerts }]').sources;
    const service = await start(nats.freshUrl(), { rules: { ...row, sources } });
    const context = { kube_context: 'c', namespace: 'n', sts };
    const body = JSON.stringify({ alerts: [{ title: 'CrateDBCloudNotResponsive', context }] });
    const response = await fetch(`${service.url}/webhook/alerts/sync`, { method: 'POST', body });
    expect(response.status).toBe(200);
    const { alerts } = (await response.json()) as { alerts: { outcome: object }[] };
    const url = expect.stringContaining('.jfr') as string;
    expect(alerts[0]?.outcome).toMatchObject({
      ended: true,
      decision: 'TargetsFound',
      pods: [
        ...pods(0, 1).map((pod) => ({ pod, state: 'uploaded', url })),
        { pod: pods(2)[0], reason: 'at most 2 pods are recorded' },
      ],
    });
  });

  it('is recorded of one pod where the row says so, of pod 0 by the built-in default', async () => {
    const one = await start(nats.freshUrl(), { rules: rules({ finds: threePods, targets: '{ statefulSet: one }' }) }); // prettier-ignore
    await one.post(captured(capture));
    await one.whenState('uploaded');
    const [found] = await eventsOf(one.app.log.connection, 'TargetsFound');
    expect(found?.data).toMatchObject({
      pods: pods(0),
      leftOut: [{ reason: 'one' }, { reason: 'one' }],
    });
    const byDefault = await start(nats.freshUrl(), { rules: parseConfig('', 'test.yaml') });
    await byDefault.post(captured(capture));
    const [requested] = await whenThere(byDefault.app.log.connection, 'CollectionRequested');
    expect(requested?.data).toMatchObject({ pod: `${sts}-0`, sts, plan: { collector: 'hemako' } });
  });

  it('whose pods are not found is declined with the reason, once for its repeats, and searched anew', async () => {
    const finds = "process.stderr.write('the cluster is away'); process.exit(7)";
    const url = nats.freshUrl();
    const service = await start(url, { rules: rules({ finds, more: ', maxAttempts: 2' }) });
    const { connection } = service.app.log;
    await service.post(captured(capture));
    await whenThere(connection, 'TargetsNotFound');
    const failed = await eventsOf(connection, 'TargetsAttemptFailed');
    expect(failed.map(({ data }) => [data.attempt, data.error.stderrTail])).toEqual([
      [1, 'the cluster is away'],
      [2, 'the cluster is away'],
    ]);
    const outcome = await until(
      'the outcome',
      async () => (await alertsOf(service))[0]?.outcome as Outcome | undefined,
    );
    expect(outcome).toMatchObject({ decision: 'AlertDeclined' });
    expect(outcome.reason).toContain(`of the StatefulSet ${sts} no pod was found`);
    expect(outcome.reason).toContain('the cluster is away');
    const told = await cli(['explain', sts], { NATS_URL: url });
    expect(told.stdout).toContain(
      `→ no recording: the pods of StatefulSet ${sts} were not found: collector-exited`,
    );
    // By default one repeat is decided anew.
    for (let repeat = 0; repeat < 2; repeat += 1) await service.post(captured(capture));
    await whenThere(connection, 'TargetsNotFound', 2);
    await service.post(captured(capture));
    expect(await eventsOf(connection, 'TargetsRequested')).toHaveLength(2);
    expect(await auditOf(service)).toEqual([]);
  });

  it('is recorded again, when it is told again, of the pods whose recording failed and of no other', async () => {
    const collects = `if (pod.endsWith('-1') && !require('fs').existsSync('/tmp/never')) process.exit(1); ${copies}`;
    const service = await start(nats.freshUrl(), { rules: rules({ finds: threePods, collects, more: ', maxAttempts: 1, cooldownSeconds: 0' }) }); // prettier-ignore
    const { connection } = service.app.log;
    await service.post(captured(capture));
    await service.whenState('uploaded', 2);
    await service.whenState('failed');
    await service.post(captured(capture));
    await service.whenState('failed', 2);
    const [, again] = await whenThere(connection, 'TargetsFound', 2);
    expect(again?.data).toMatchObject({ pods: pods(1), trigger: { repeat: 1 } });
    expect(again?.data.leftOut.map(({ pod, reason }) => [pod, reason])).toEqual([
      [pods(0)[0], 'answered'],
      [pods(2)[0], 'answered'],
    ]);
    expect(await service.collections()).toHaveLength(4);
    expect(await auditOf(service)).toEqual([]);
  });

  it('waits for the cooldown of each pod, with a timer for each', async () => {
    const row = { finds: threePods, more: ', cooldownSeconds: 2' };
    const service = await start(nats.freshUrl(), { rules: rules(row) });
    const { connection } = service.app.log;
    await service.post(captured(capture));
    await service.whenState('uploaded', 3);
    const other = webhook(capture);
    for (const alert of other.alerts) {
      alert.labels['region'] = 'eu-west-1';
      delete alert.fingerprint;
    }
    await service.post(other);
    await whenThere(connection, 'CollectionSuppressed', 3);
    const waiting = await until(
      'its outcome',
      async () => (await alertsOf(service))[0]?.outcome as Outcome | undefined,
    );
    expect(waiting).toMatchObject({ decision: 'TargetsFound', pods: [{ reason: 'cooldown' }, {}, {}] });
    const [alert] = await alertsOf(service);
    const told = await service.get(`/api/v1/explain/${alert?.id ?? ''}`);
    const outcomes = (told['chapters'] as { outcome: { sentence: string } }[]).map(
      (each) => each.outcome.sentence,
    );
    for (const pod of pods(0, 1, 2)) expect(outcomes.filter((each) => each.startsWith(`${pod} waits for`))).toHaveLength(1); // prettier-ignore
    await service.whenState('uploaded', 6);
    expect(await eventsOf(connection, 'CooldownElapsed')).toHaveLength(3);
    expect(await auditOf(service)).toEqual([]);
  });

  it('is declined where it names no StatefulSet either', async () => {
    const service = await start(nats.freshUrl(), { rules: rules({ finds: threePods }) });
    const body = webhook(capture);
    for (const { labels } of body.alerts) delete labels['sts'];
    await service.post(body);
    const [declined] = await whenThere(service.app.log.connection, 'AlertDeclined');
    expect(declined?.data).toMatchObject({ reason: 'missing-label', label: 'sts' });
  });
});
