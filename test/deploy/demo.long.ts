import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { afterEach, expect, inject, it } from 'vitest';
import { openConnection } from '../../src/log/connection.ts';
import { testedServer } from '../support/nats-server.ts';
import { freePort, useProcesses } from '../support/process.ts';
import { useS3 } from '../support/s3-fixture.ts';
import { until } from '../support/until.ts';

const programs = inject('programs');
const s3 = useS3();
const startService = useProcesses();
const root = resolve(import.meta.dirname, '../..');
const { services, secrets } = parse(readFileSync(join(root, 'docker-compose.yaml'), 'utf8'), {
  merge: true,
}) as {
  services: Record<string, { volumes: string[]; secrets?: Mounted[]; environment?: Record<string, string> }>;
  secrets: Record<string, { file: string }>;
};

interface Mounted {
  source: string;
  target: string;
}

let directory = '';
const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0).reverse()) {
    if (child.exitCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(directory, { recursive: true, force: true });
});

/** Puts the files that docker-compose.yaml mounts where a service sees them, below a directory, with other addresses in them. */
async function mount(name: string, changes: Record<string, string>): Promise<(path: string) => string> {
  const inside = (path: string) => join(directory, name, path);
  const { volumes = [], secrets: own = [] } = services[name] ?? {};
  const mounted = [
    ...volumes.map((volume) => volume.split(':')),
    ...own.map(({ source, target }) => [secrets[source]?.file ?? '', target]),
  ];
  for (const [source = '', target = ''] of mounted) {
    const file = join(root, source);
    if (!source.startsWith('./') || !existsSync(file)) continue;
    let text = readFileSync(file, 'utf8');
    for (const [from, to] of Object.entries(changes)) text = text.replaceAll(from, to);
    await mkdir(dirname(inside(target)), { recursive: true });
    await writeFile(inside(target), text);
  }
  return inside;
}

/** Where the secrets of a service are instead. */
const moved = (name: string) =>
  Object.fromEntries(
    (services[name]?.secrets ?? []).map(({ target }) => [target, join(directory, name, target)]),
  );

function run(program: string, args: string[], env: Record<string, string> = {}): void {
  started.push(spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } }));
}

const isUp = (url: string) => fetch(url).then(({ ok }) => ok, () => false); // prettier-ignore

it.runIf(programs.alertmanager && programs.prometheus)(
  'what docker-compose.yaml mounts brings the alert of the demo from Prometheus over Alertmanager to a recording in the bucket',
  async () => {
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-compose-'));
    const [nats, web, alertmanager, prometheus] = [await freePort(), await freePort(), await freePort(), await freePort()]; // prettier-ignore
    const at = (port: number) => `127.0.0.1:${String(port)}`;

    const natsFiles = await mount('nats', { 'port: 4222': `port: ${String(nats)}`, 'http: 8222': '', '/tmp/nats': join(directory, 'store') }); // prettier-ignore
    run(await testedServer(), ['-c', natsFiles('/etc/nats/nats.conf')], services['nats']?.environment);

    const own = services['alert-watcher']?.environment ?? {};
    const natsUrl = own['NATS_URL']?.replace('nats:4222', at(nats)) ?? '';
    const { endpoint, credentials } = s3();
    const files = await mount('alert-watcher', { 'http://s3:7070': endpoint, 'durationSeconds: 5': 'durationSeconds: 0.1', ...moved('alert-watcher') }); // prettier-ignore
    await until('NATS', () => openConnection(natsUrl).then(({ close }) => close().then(() => true), () => false)); // prettier-ignore
    const service = startService({
      ...own,
      DATA_DIR: join(directory, 'data'),
      PORT: String(web),
      NATS_URL: natsUrl,
      ALERT_WATCHER_CONFIG: files(own['ALERT_WATCHER_CONFIG'] ?? ''),
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
    await service.url();

    const am = await mount('alertmanager', { 'alert-watcher:8080': at(web), ...moved('alertmanager') });
    run('prometheus-alertmanager', [
      `--config.file=${am('/etc/alertmanager/alertmanager.yml')}`,
      `--storage.path=${join(directory, 'am')}`,
      `--web.listen-address=${at(alertmanager)}`,
      '--cluster.listen-address=',
    ]);
    await until('Alertmanager', () => isUp(`http://${at(alertmanager)}/-/ready`));
    const rules = join(directory, 'prometheus/etc/prometheus/rules');
    const prom = await mount('prometheus', {
      ...{ 'alertmanager:9093': at(alertmanager), 'alert-watcher:8080': at(web) },
      ...{ '/etc/prometheus/rules': rules, ': 15s': ': 1s' },
    });
    run('prometheus', [
      `--config.file=${prom('/etc/prometheus/prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
      `--web.listen-address=${at(prometheus)}`,
      // What it said before it had found Alertmanager is said again after a minute.
      '--rules.alert.resend-delay=1s',
    ]);

    const key = await until('a recording in the bucket', () => [...s3().objects.keys()][0], 25_000);
    expect(key).toMatch(
      /^demo\/demo\/crate-data-hot\/crate-data-hot-0\/\d{4}\/\d\d\/\d\d\/[0-9a-f]{32}\.jfr$/,
    );
    const received = async () => (await fetch(`http://${at(web)}/metrics`)).text();
    await until('the Watchdog', async () =>
      (await received()).includes(
        'alert_watcher_alerts_received_total{alertname="Watchdog",status="firing",result="accepted"} 1\n',
      ),
    );
    const ask = async (query: string) => {
      const answer = await fetch(`http://${at(prometheus)}/api/v1/query?query=${encodeURIComponent(query)}`);
      return JSON.stringify(await answer.json());
    };
    await until('what Prometheus scraped of it', async () =>
      (await ask('alert_watcher_collections_total{job="alert-watcher",outcome="uploaded"}')).includes('"1"'),
    );
  },
  60_000,
);
