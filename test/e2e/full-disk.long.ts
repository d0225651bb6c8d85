import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it, type onTestFinished } from 'vitest';
import { decodeEvent, isEvent } from '../../src/events/envelope.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import { brokenPromises } from '../support/audit.ts';
import { freePort, serve, type ServiceProcess } from '../support/process.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

/** A data directory whose nats-server has a small disk, and what one test does with it. */
async function place(onFinished: typeof onTestFinished) {
  const dataDir = await mkdtemp(join(tmpdir(), 'alert-watcher-full-disk-'));
  onFinished(() => rm(dataDir, { recursive: true, force: true }));
  const disk = mountSmallDisk(join(dataDir, 'nats'), 128, onFinished);
  const port = String(await freePort());
  const config = join(dataDir, 'config.yaml');
  await writeFile(
    config,
    `collections: [{ match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05 }]
collectors: { sim: { driver: simulated } }
`,
  );
  const env = { DATA_DIR: dataDir, NATS_EMBEDDED_PORT: port, ALERT_WATCHER_CONFIG: config };
  const start = () => {
    const service = serve(env);
    onFinished(async () => {
      await service.end('SIGTERM');
    });
    return service;
  };
  const connect = async () => {
    const connection = await openConnection(`nats://127.0.0.1:${port}`);
    onFinished(connection.close);
    return connection;
  };
  return { disk, start, connect };
}

const ready = async (url: string) => {
  const answer = await fetch(`${url}/ready`);
  const { checks } = (await answer.json()) as { checks: Record<string, string> };
  return { status: answer.status, writes: checks['writes'] ?? '' };
};
const whenReady = (url: string, status: number, withinMs: number) =>
  until(`/ready to say ${String(status)}`, async () => {
    const now = await ready(url);
    return now.status === status && now;
  }, withinMs); // prettier-ignore

/** Posts alerts until it is told to stop, a few of which lead to recordings; the ids of those that were answered 200. */
function keepPosting(url: string) {
  const stopping = new AbortController();
  const accepted: string[] = [];
  let refused = 0;
  const run = async (poster: number) => {
    for (let index = 0; !stopping.signal.aborted; index += 1) {
      // A sample has 200 kB: the disk has room for a few hundred.
      const alertname = index % 20 === 0 ? 'CrateDBContainerRestart' : 'Other';
      const body = JSON.stringify(alertBody({ alertname, pod: `p-${String(poster)}-${String(index)}` }));
      const answer = await fetch(`${url}/webhook/alertmanager`, { method: 'POST', body }).catch(
        () => undefined,
      );
      // It was killed.
      if (!answer) return;
      const { alerts = [] } = (await answer.json()) as { alerts?: { id: string }[] };
      if (answer.ok) accepted.push(...alerts.map(({ id }) => id));
      else refused += 1;
      await delay(20);
    }
  };
  const running = Promise.all([0, 1].map(run));
  return {
    accepted,
    refused: () => refused,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function alertIds(connection: Connection): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const message of readRange(connection, streamName, { filter: 'aw.alert.>' })) {
    const event = decodeEvent(message);
    if (isEvent(event) && event.type === 'AlertReceived') ids.add(event.id);
  }
  return ids;
}

const natsOf = ({ lines }: ServiceProcess) => lines().find((line) => 'nats' in line)?.['nats'];

// Most of the time they wait for answers that do not come.
describe.runIf(canMount).concurrent('where the disk of the embedded nats-server is full for a while', () => {
  it('a service says so, stores again when there is room, and has lost nothing that it answered 200', async ({
    expect,
    onTestFinished,
  }) => {
    const { disk, start, connect } = await place(onTestFinished);
    const service = start();
    const url = await service.url();
    expect(await ready(url)).toEqual({ status: 200, writes: 'ok' });
    const posting = keepPosting(url);
    await until('a few alerts', () => posting.accepted.length > 20);
    disk.fill();
    const sick = await whenReady(url, 503, 40_000);
    expect(sick.writes).toContain('a write to');
    await until('what to do', async () => /disk of \S+ .* is full.*free at least 16 MiB/.test((await ready(url)).writes), 40_000); // prettier-ignore
    disk.free();
    await whenReady(url, 200, 20_000);
    const before = posting.accepted.length;
    await until('more alerts', () => posting.accepted.length > before + 20);
    await posting.stop();
    const connection = await connect();
    const stored = await alertIds(connection);
    expect(posting.accepted.filter((id) => !stored.has(id))).toEqual([]);
    await until('every recording to end and no promise to be broken', async () => (await brokenPromises(connection)).length === 0, 30_000); // prettier-ignore
    expect(service.lines().filter(({ msg }) => /answers and does not store/.test(String(msg)))).not.toEqual(
      [],
    );
  }, 150_000);

  it('the next service replaces the sick server that it finds, once there is room, and says until then that there is none', async ({
    expect,
    onTestFinished,
  }) => {
    const { disk, start, connect } = await place(onTestFinished);
    const first = start();
    const url = await first.url();
    const posting = keepPosting(url);
    await until('a few alerts', () => posting.accepted.length > 5);
    disk.fill();
    await until('an alert that is refused', () => posting.refused() > 0);
    await first.end('SIGKILL');
    await posting.stop();

    const second = start();
    let said = '';
    second.child.stderr?.on('data', (part: Buffer) => (said += part.toString()));
    await until('the end of the second', () => second.child.exitCode !== null, 30_000);
    expect(said).toMatch(
      /the nats-server on \S+ does not store .*: the disk .* is full.*free at least 16 MiB/,
    );

    disk.free();
    const third = start();
    await whenReady(await third.url(), 200, 20_000);
    expect(natsOf(third)).toBe('started');
    const stored = await alertIds(await connect());
    expect(posting.accepted.filter((id) => !stored.has(id))).toEqual([]);
  }, 120_000);
});
