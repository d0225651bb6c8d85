// Ten thousand pods alert at once: all are recorded in the end, the service stays ready, its memory stays bounded.
// `npm run test:overload -- --pods 10000` (the collector is simulated and takes no time; the object store takes the recordings)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { asNpmStart, freePort } from '../support/process.ts';
import { until } from '../support/until.ts';
import { webhook } from '../support/webhook.ts';
import { startNatsServers } from './nats-servers.ts';

const { values } = parseArgs({ options: { pods: { type: 'string', default: '10000' } } });
const pods = Number(values.pods);
const groupSize = 25;
const maxResidentBytes = 700 * 1024 * 1024;
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const say = (line: string) => process.stdout.write(`${line}\n`);

const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-overload-'));
const nats = await startNatsServers(directory, 1);
const config = join(directory, 'config.yaml');
await writeFile(
  config,
  `collections: [{ match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.001, timeoutSeconds: 30 }]
collectors: { sim: { driver: simulated, tookSeconds: 0 } }
`,
);
const port = await freePort();
const url = `http://127.0.0.1:${String(port)}`;
const service = spawn(process.execPath, [...asNpmStart, main, 'serve'], {
  env: {
    ...process.env,
    PORT: String(port),
    NATS_URL: nats.url,
    DATA_DIR: directory,
    ALERT_WATCHER_CONFIG: config,
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'inherit', 'inherit'],
});
const failures: string[] = [];
let watching = true;
try {
  const isReady = () => fetch(`${url}/ready`).then(({ ok }) => ok, () => false); // prettier-ignore
  await until('the service', isReady, 30_000);
  let mostResident = 0;
  let notReady = 0;
  const watch = (async () => {
    while (watching) {
      mostResident = Math.max(mostResident, await residentBytes(service.pid ?? 0));
      if (!(await isReady())) notReady += 1;
      await delay(250);
    }
  })();

  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(1);
  const refused = await sendAll();
  say(
    `${String(pods)} alerts accepted after ${seconds()} s (${String(refused)} requests were refused and came again)`,
  );
  await until('all to be uploaded', async () => (await count('uploaded')) >= pods, 600_000);
  say(`${String(pods)} recordings uploaded after ${seconds()} s`);
  watching = false;
  await watch;
  const failed = await count('failed');
  if (failed > 0) failures.push(`${String(failed)} collections failed`);
  if (notReady > 0) failures.push(`the service was not ready ${String(notReady)} times`);
  if (mostResident > maxResidentBytes) failures.push('the memory grew beyond its bound');
  say(
    `most resident memory ${String(Math.round(mostResident / 1024 / 1024))} MiB, not ready ${String(notReady)} times`,
  );
} catch (error) {
  failures.push(String(error));
} finally {
  watching = false;
  service.kill('SIGTERM');
  await once(service, 'exit');
  await nats.close();
  await rm(directory, { recursive: true, force: true });
}
for (const failure of failures) say(`BROKEN: ${failure}`);
say(failures.length === 0 ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exitCode = failures.length === 0 ? 0 : 1;

async function sendAll(): Promise<number> {
  let refused = 0;
  const groups = Array.from({ length: Math.ceil(pods / groupSize) }, async (_, group) => {
    const body = JSON.stringify(groupOf(group));
    for (;;) {
      const ok = await fetch(`${url}/webhook/alertmanager`, { method: 'POST', body }).then(({ ok: isOk }) => isOk, () => false); // prettier-ignore
      if (ok) return;
      refused += 1;
      await delay(300);
    }
  });
  await Promise.all(groups);
  return refused;
}

function groupOf(group: number) {
  const body = webhook();
  const [alert] = body.alerts;
  if (!alert) throw new Error('the capture has no alert');
  const { fingerprint: _, ...rest } = alert;
  const startsAt = new Date().toISOString();
  const alerts = Array.from({ length: groupSize }, (_each, index) => {
    const pod = `crate-data-hot-${String(group)}-${String(index)}`;
    return { ...rest, startsAt, labels: { ...rest.labels, pod } };
  });
  return { ...body, alerts };
}

async function count(state: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const found = new RegExp(`alert_watcher_collections_total\\{outcome="${state}"[^}]*\\} (\\d+)`).exec(
    metrics,
  );
  return Number(found?.[1] ?? 0);
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
}
