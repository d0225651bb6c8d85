import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, inject, it } from 'vitest';
import { checkRecording } from '../../src/collection/collect/check-recording.ts';
import { readRange } from '../../src/log/read.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { brokenPromises } from '../support/audit.ts';
import { useJvm } from '../support/jvm.ts';
import { eventsOf, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { freePort } from '../support/process.ts';
import { useS3 } from '../support/s3-fixture.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';

const programs = inject('programs');
const nats = useNats();
const jvm = useJvm(programs.jdk);
const s3 = useS3();
const start = useServices();

let alertmanager: ChildProcess | undefined;
let directory = '';
afterEach(async () => {
  if (alertmanager && alertmanager.exitCode === null) {
    alertmanager.kill('SIGKILL');
    await once(alertmanager, 'exit');
  }
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Starts the real Alertmanager, which repeats after a second, and waits for its API. */
async function startAlertmanager(webhookUrl: string): Promise<string> {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-am-'));
  const config = join(directory, 'alertmanager.yml');
  await writeFile(
    config,
    `route: { receiver: watcher, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1s }
receivers: [{ name: watcher, webhook_configs: [{ url: '${webhookUrl}', send_resolved: true }] }]
`,
  );
  const port = String(await freePort());
  const argv = [`--config.file=${config}`, `--storage.path=${directory}`, '--cluster.listen-address='];
  alertmanager = spawn('prometheus-alertmanager', [...argv, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await until('Alertmanager', () => fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false)); // prettier-ignore
  return url;
}

async function tell(alertmanagerUrl: string, alerts: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(alerts);
  const response = await fetch(`${alertmanagerUrl}/api/v2/alerts`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
}

const namespace = 'bfed25f8-45e5-420a-aaca-af3b86228910';
const pods = ['crate-data-hot-0', 'crate-data-hot-1', 'crate-data-hot-2'];
const alertsOf = (names: string[], endsAt?: string) =>
  names.map((pod) => ({
    labels: {
      alertname: 'CrateDBContainerRestart',
      kube_context: 'eks1/prod',
      namespace,
      pod,
      sts: 'crate-data-hot',
    },
    annotations: { summary: `container restarted in ${pod}` },
    startsAt: '2026-11-20T19:10:36.608Z',
    ...(endsAt ? { endsAt } : {}),
  }));

it.runIf(programs.alertmanager)(
  'a real Alertmanager that hears nothing of Prometheus until endsAt, and then the same alert with the same start, has it recorded again',
  async () => {
    const rules = quickRules(`collections:
  - { match: ['alertname="CrateDBContainerRestart"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: 0 }
collectors: { sim: { driver: simulated } }
`);
    const service = await start(nats.freshUrl(), { rules });
    const { connection } = service.app.log;
    const alertmanagerUrl = await startAlertmanager(`${service.url}/webhook/alertmanager`);
    const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    // Prometheus moves endsAt on with each evaluation; this time is that of its last one.
    await tell(alertmanagerUrl, alertsOf(pods.slice(0, 1), inSeconds(2)));
    await service.whenState('uploaded');
    await whenThere(connection, 'AlertReceived', 2);
    await tell(alertmanagerUrl, alertsOf(pods.slice(0, 1), inSeconds(60)));
    await service.whenState('uploaded', 2);
    const [renewed] = await eventsOf(connection, 'AlertRenewed');
    expect(renewed?.data).toMatchObject({ status: 'firing', reason: 'returned' });
    await tell(alertmanagerUrl, alertsOf(pods.slice(0, 1), inSeconds(0)));
    const [, ended] = await whenThere(connection, 'AlertRenewed', 2);
    expect(ended?.data).toMatchObject({ status: 'resolved', reason: 'returned' });
    expect(await brokenPromises(connection)).toEqual([]);
  },
  60_000,
);

it.runIf(programs.alertmanager && programs.jdk)(
  'a real Alertmanager, a real JVM and S3: three pods get one valid recording each, however often it repeats',
  async () => {
    const place = `{ type: s3, bucket: ${s3().bucket}, prefix: jfr, endpoint: '${s3().endpoint}', region: eu-central-1, forcePathStyle: true }`;
    const rules = quickRules(`collections:
  - { match: ['alertname=~"CrateDBCloudNotResponsive|CrateDBContainerRestart"'], collector: local-jvm, durationSeconds: 1 }
collectors: { local-jvm: { driver: jcmd, pid: ${String(jvm.pid())} } }
destination: ${place}
`);
    const service = await start(nats.freshUrl(), { rules });
    const alertmanagerUrl = await startAlertmanager(`${service.url}/webhook/alertmanager`);
    await tell(alertmanagerUrl, alertsOf(pods));
    await service.whenState('uploaded', 3);

    const keys = [...s3().objects.keys()].sort();
    expect(keys).toHaveLength(3);
    for (const [index, key] of keys.entries()) {
      const pod = pods[index] ?? '';
      expect(key).toMatch(
        new RegExp(
          `^jfr/eks1%2Fprod/${namespace}/crate-data-hot/${pod}/\\d{4}/\\d\\d/\\d\\d/[0-9a-f]{32}\\.jfr$`,
        ),
      );
      const { bytes, metadata } = s3().objects.get(key) ?? {};
      const file = join(directory, `${pod}.jfr`);
      await writeFile(file, bytes ?? '');
      // Three recordings at once on one JVM: it begins a chunk whenever one of them begins or ends.
      expect((await checkRecording(file)).chunks).toBeGreaterThan(0);
      expect(metadata).toMatchObject({ alertname: 'CrateDBContainerRestart', pod, namespace });
    }

    const duplicates = async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/result="duplicate"} (\d+)/.exec(metrics)?.[1] ?? 0);
    };
    await until('a repeat', async () => (await duplicates()) >= 3);
    await tell(alertmanagerUrl, alertsOf(pods.slice(0, 1), new Date().toISOString()));
    const { connection } = service.app.log;
    const resolved = await until('the resolved alert', async () => {
      for await (const message of readRange(connection, streamName, {
        filter: 'aw.alert.*.*.*.resolved.AlertReceived',
      })) {
        return message;
      }
      return undefined;
    });
    expect(new TextDecoder().decode(resolved.body)).toContain(pods[0]);
    expect(await service.collections()).toHaveLength(3);
    expect(s3().objects.size).toBe(3);
  },
  60_000,
);
