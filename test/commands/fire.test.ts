import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { scenarios } from '../../src/commands/fire/scenarios.ts';
import { parseAlertmanager } from '../../src/ingest/formats/alertmanager.ts';
import { fingerprintOf } from '../../src/events/fingerprint.ts';
import { bodyForms, type Drill } from '../../src/commands/fire/drill.ts';
import { run } from '../support/in-process.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { stubApi, type StubAnswer } from '../support/stub-api.ts';
import { webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

const stage = {
  target: (number: number) => ({ kubeContext: 'drill', namespace: 'drill', pod: `crate-${String(number)}` }),
  count: 3,
  startMillis: Date.parse('2026-11-20T19:10:40.000Z'),
};

describe('a scenario', () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s sends what Alertmanager sends, and says that it is a drill',
    (_name, scenario) => {
      const captured = webhook('am0.33.1-single_firing');
      for (const webhooks of scenario.steps(stage).flat()) {
        const sent = JSON.parse(bodyForms.alertmanager(webhooks)) as ReturnType<typeof webhook>;
        expect(Object.keys(sent)).toEqual(Object.keys(captured));
        const parsed = parseAlertmanager(sent, '2026-11-20T19:10:41Z');
        if ('fault' in parsed) throw new Error(parsed.fault.message);
        for (const [index, alert] of sent.alerts.entries()) {
          expect(parsed.alerts[index]).toHaveProperty('alert');
          expect(Object.keys(alert)).toEqual(Object.keys(captured.alerts[0] ?? {}));
          expect(Object.keys(alert.labels)).toEqual(Object.keys(captured.alerts[0]?.labels ?? {}));
          expect(alert.fingerprint).toBe(fingerprintOf(alert.labels));
          expect(alert.annotations).toMatchObject({ drill: 'fired by alert-watcher fire' });
          expect(alert.annotations['summary']).toMatch(/^DRILL: /);
        }
      }
    },
  );
});

describe('fire', () => {
  const fire = (url: string, ...args: string[]) => run(['fire', '--url', url, ...args]);
  const drillOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Drill;

  it('shows its tokens to a service that wants them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alert-watcher-fire-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [source, read] = [join(folder, 'source'), join(folder, 'read')];
    await writeFile(source, 'of-alertmanager\n');
    await writeFile(read, 'of-readers\n');
    const rules =
      quickRules(`collections: [{ match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.05 }]
collectors: { sim: { driver: simulated } }
sources: [{ name: alertmanager, auth: { bearerFile: ${source} } }]
access: { readTokenFile: ${read} }
`);
    const { url } = await start(nats.freshUrl(), { rules });
    const none = await fire(url, 'ha-pair', '--json');
    expect(none.code).toBe(1);
    expect(drillOf(none).posted.map(({ status }) => status)).toEqual([401, 401]);
    const sent = drillOf(await fire(url, 'ha-pair', '--json', '--source-token-file', source));
    expect(sent.posted.map(({ status }) => status)).toEqual([200, 200]);
    expect(sent.unseen).toContain('401');
    const both = await fire(
      url,
      'ha-pair',
      '--json',
      '--source-token-file',
      source,
      '--read-token-file',
      read,
    );
    expect(both.code).toBe(0);
    expect(drillOf(both).fates.map(({ kind }) => kind)).toEqual(['requested']);
    expect((await fire(url, 'ha-pair', '--source-token-file', '/dev/null')).stderr).toContain('no token');
  });

  it('sends alerts with a title to a source that takes them, wherever it is, and says what came of them', async () => {
    const rules = quickRules(`collections: [{ match: ['alertname=~"CrateDB(CloudNotResponsive|ContainerRestart)"', 'severity="critical"'], collector: sim, durationSeconds: 0.05 }]
collectors: { sim: { driver: simulated } }
sources:
  - { name: alerts, format: alerts }
  - { name: fixed, format: alerts, path: /api/v1/alerts, severities: [low] }
`);
    const service = await start(nats.freshUrl(), { rules });
    const titled = ['--format', 'alerts'];
    const pair = await fire(service.url, 'ha-pair', ...titled);
    expect(pair).toMatchObject({ code: 0 });
    expect(pair.stdout).toMatch(/stored {4}1 × accepted, 1 × duplicate\ndecided {3}1 × requested\nuploaded {2}1 recording/);
    const flapping = drillOf(await fire(service.url, 'flapping', ...titled, '--json', '--pod', 'crate-3'));
    expect(flapping.posted.map(({ answer }) => answer?.accepted)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(flapping.fates.map(({ kind }) => kind).sort()).toEqual(['attached', 'attached', 'requested']);
    const [alert] = (await service.get('/api/v1/alerts?pod=crate-3')).items;
    expect(JSON.stringify(await service.get(`/api/v1/alerts/${alert?.id ?? ''}`))).toContain('fired by alert-watcher fire');
    const refused = await fire(service.url, 'resolved', ...titled, '--path', '/api/v1/alerts');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('Expected one of low');
    expect((await fire(service.url, 'resolved', '--path', 'alerts')).stderr).toContain('sources[].path');
  }); // prettier-ignore

  it('says what came of it: stored, duplicate, decided, uploaded', async () => {
    const service = await start(nats.freshUrl());
    const pair = await fire(service.url, 'ha-pair');
    expect(pair.code).toBe(0);
    expect(pair.stdout).toMatch(
      /^answered {2}2 × 200\nstored {4}1 × accepted, 1 × duplicate\ndecided {3}1 × requested\n/,
    );
    expect(pair.stdout).toMatch(
      /uploaded {2}1 recording\n +object-store:\S+drill\S+\.jfr \(simulated: .*\nfailed {4}0 coll/,
    );
    expect(pair.stderr).toContain('webhooks answered 2 of 2\n');
    const group = drillOf(await fire(service.url, 'group', '--json', '--pod', 'crate-7', '--count', '4'));
    expect(group.fates.map(({ kind, end }) => [kind, end && 'uploaded' in end])).toEqual(
      Array.from({ length: 4 }, () => ['requested', true]),
    );
    expect(group.alerts.map(({ target }) => target.pod)).toEqual([
      'crate-7',
      'crate-8',
      'crate-9',
      'crate-10',
    ]);
    // The pod has a cooldown now.
    const again = await fire(service.url, 'not-responsive', '--pod', 'crate-7', '--json');
    expect(again.code).toBe(0);
    expect(drillOf(again).fates).toMatchObject([
      { kind: 'suppressed', sentence: expect.stringContaining('cooldown') as string },
    ]);
    const slow = quickRules(`collections:
  - { match: ['alertname="CrateDBContainerRestart"'], collector: sim, durationSeconds: 60 }
collectors: { sim: { driver: simulated } }
`);
    const unhurried = await start(nats.freshUrl(), { rules: slow });
    const early = await fire(unhurried.url, 'container-restart', '--wait', '1');
    expect(early.stdout).toMatch(/decided {3}1 × requested\n(.*\n)+open {6}1 alert when/);
    const storm = drillOf(await fire(service.url, 'storm', '--count', '20', '--wait', '0', '--json'));
    expect(storm.posted.filter(({ status }) => status === 200)).toHaveLength(20);
  });

  it('says what failed and why, and what no row matches', async () => {
    const rules = quickRules(`collections:
  - { match: ['alertname="CrateDBContainerRestart"'], collector: bad, durationSeconds: 0.05, maxAttempts: 1 }
collectors: { bad: { driver: simulated, failTimes: 9 } }
`);
    const service = await start(nats.freshUrl(), { rules });
    const flapping = await fire(service.url, 'flapping', '--count', '1');
    expect(flapping.code).toBe(1);
    expect(flapping.stdout).toMatch(/failed {4}1 collection\n +[0-9a-f]{32} collect: \S+: /);
    const ignored = await fire(service.url, 'not-responsive');
    expect(ignored).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ignored: no recording') as string,
    });
  });

  it('sends again after 503, not after 4xx, and says whether it is running at all', async () => {
    let posts = 0;
    const answers = [503, 503, 400];
    const server = createServer((request, response) => {
      request.resume();
      response.statusCode = request.method === 'POST' ? (answers[posts++] ?? 200) : 200;
      response.end('{"detail":"out of order"}');
    }).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const { code, stdout, stderr } = await fire(url, 'container-restart');
    expect({ code, posts }).toEqual({ code: 1, posts: 3 });
    expect(stdout).toMatch(/answered {2}1 × 400 \(sent again 2 times\)\n +400 out of order\n/);
    expect(stderr).toContain('sent again: 503 out of order');
    server.close();
    await once(server, 'close');
    const refused = await fire(url, 'container-restart');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(
      /^alert-watcher: nothing answers at \S+ \(\S+\): is the service running there\?\n$/,
    );
  });

  it('asks the service for the path of its source, by name or by format', async () => {
    const items = [
      { name: 'main', format: 'alertmanager', paths: ['/hooks/am', '/webhook/alertmanager'] },
      { name: 'titled', format: 'alerts', paths: ['/hooks/titled'] },
      { name: 'other', format: 'pager', paths: ['/hooks/other'] },
    ];
    const posts: string[] = [];
    let sources: StubAnswer = { json: { items } };
    const { url, close } = await stubApi(({ pathname }, { method }) => {
      if (method === 'POST') posts.push(pathname);
      return pathname === '/api/v1/sources' ? sources : { json: { accepted: 0, duplicates: 0, alerts: [] } };
    });
    closers.push(() => void close());
    const sent = async (...args: string[]) => {
      posts.length = 0;
      const { code, stderr } = await run(['fire', 'container-restart', '--url', url, '--wait', '0', ...args]);
      return [code, posts.join(), /alert-watcher: \S+ (.*)/.exec(stderr)?.[1]];
    };
    expect(await sent()).toEqual([0, '/hooks/am', undefined]);
    expect(await sent('--format', 'alerts')).toEqual([0, '/hooks/titled', undefined]);
    expect(await sent('--source', 'titled')).toEqual([0, '/hooks/titled', undefined]);
    expect(await sent('--path', '/mine')).toEqual([0, '/mine', undefined]);
    const there = 'there is main (alertmanager), titled (alerts), other (pager)';
    expect(await sent('--source', 'title')).toEqual([
      4,
      '',
      `has no source title (did you mean titled?); ${there}`,
    ]);
    expect(await sent('--source', 'other')).toEqual([1, '', expect.stringContaining('has the format pager')]);
    sources = { status: 404, json: {} };
    expect(await sent()).toEqual([0, '/webhook/alertmanager', undefined]);
    sources = { json: { items: [] } };
    expect(await sent()).toEqual([4, '', 'has no source of the format alertmanager; there is none']);
  });

  it('describes the scenarios', async () => {
    const { stdout } = await run(['fire', '--list']);
    for (const { name, description } of scenarios) expect(stdout).toContain(description && name);
    expect(stdout.trim().split('\n')).toHaveLength(scenarios.length);
  });
});
