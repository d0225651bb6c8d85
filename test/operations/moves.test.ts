import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/file.ts';
import { openConnection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { brokenPromises } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { useNats } from '../support/nats.ts';
import { freePort, useProcesses } from '../support/process.ts';
import { placeOf, stubAwsEnvironment, useS3 } from '../support/s3-fixture.ts';
import { startS3 } from '../support/s3-server.ts';
import { useServices } from '../support/service.ts';
import { allStreams, type Backup, backUp, restore } from '../support/stream-backup.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const oldS3 = useS3();
const start = useServices();
const serve = useProcesses();
let directory = '';
afterEach(async () => {
  if (directory) await rm(directory, { recursive: true });
  directory = '';
});

const row = `collections:
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, backoff: { initialSeconds: 0.1, factor: 1 } }
collectors: { sim: { driver: simulated } }
`;

interface Shown {
  items: { id: string; state: string; lastSequence: number }[];
  asOf: number;
}
const shownBy = async (url: string) => (await (await fetch(`${url}/api/v1/collections`)).json()) as Shown;
const post = async (url: string, body: unknown) =>
  (await fetch(`${url}/webhook/alertmanager`, { method: 'POST', body: JSON.stringify(body) })).json();

describe('from the embedded server to one of its own', () => {
  it('the history comes along, by a backup that is taken while no alerts are', async () => {
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-move-'));
    const config = join(directory, 'config.yaml');
    await writeFile(config, row);
    const port = await freePort();
    const embedded = {
      ALERT_WATCHER_CONFIG: config,
      DATA_DIR: directory,
      NATS_EMBEDDED_PORT: String(port),
    };
    const first = serve(embedded);
    await post(await first.url(), alertBody({}));
    await first.logged('Uploaded', ({ event }) => event === 'Uploaded');
    const url = await first.url();
    // The board learns of it after the log line.
    const before = await until('the board', async () => {
      const shown = await shownBy(url);
      const [item] = shown.items;
      return item?.state === 'uploaded' && item.lastSequence === shown.asOf && shown;
    });
    expect(await first.end('SIGTERM')).toBe(0);

    const holding = serve({ ...embedded, ROLES: 'api' });
    await holding.url();
    const from = await openConnection(`nats://127.0.0.1:${String(port)}`);
    const backups: Backup[] = [];
    for (const stream of allStreams()) backups.push(await backUp(from, stream));
    await from.close();
    expect(await holding.end('SIGTERM')).toBe(0);

    const natsUrl = nats.freshUrl();
    const to = await openConnection(natsUrl);
    onTestFinished(to.close);
    for (const backup of backups) await restore(to, backup);
    const second = serve({ ...embedded, NATS_URL: natsUrl });
    expect(await shownBy(await second.url())).toEqual(before);
    expect(await post(await second.url(), alertBody({}))).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await brokenPromises(to)).toEqual([]);
  });
});

describe('from one bucket to another', () => {
  it('what was requested goes where its plan says, what is requested now to the new one', async () => {
    const newS3 = await startS3({ bucket: 'recordings-2' });
    onTestFinished(newS3.close);
    stubAwsEnvironment(oldS3().credentials);
    const rulesFor = (server: typeof newS3) =>
      parseConfig(`${row}destination: ${JSON.stringify(placeOf(server))}\n`, 'test.yaml');
    const url = nats.freshUrl();
    await oldS3().refuse();
    const before = await start(url, { rules: rulesFor(oldS3()) });
    await before.post(alertBody({}));
    await before.whenState('uploading');
    await before.close();

    const after = await start(url, { rules: rulesFor(newS3) });
    await after.post(alertBody({ pod: 'crate-1' }));
    await after.whenState('uploaded');
    expect(await after.whenState('uploading')).toHaveLength(1);
    await oldS3().accept();
    await after.whenState('uploaded', 2);
    expect([oldS3().objects.size, newS3.objects.size]).toEqual([1, 1]);
    const [moved] = newS3.objects.keys();
    expect(moved).toContain('/crate-1/');
  });
});

describe('a mirror of the stream', () => {
  it('is read by replay and audit in its place', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { rules: parseConfig(row, 'test.yaml') });
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    const { jsm } = service.app.log.connection;
    await jsm.streams.add({ name: 'COPY', mirror: { name: streamName } });
    const { state } = await jsm.streams.info(streamName);
    await until('the mirror', async () => (await jsm.streams.info('COPY')).state.last_seq >= state.last_seq);
    const [original, copy] = await Promise.all(
      [streamName, 'COPY'].map((stream) => cli(['replay', '--json', '--stream', stream], { NATS_URL: url })),
    );
    expect(copy).toEqual(original);
    expect(original?.stdout.trim().split('\n')).toHaveLength(6);
    expect(await cli(['audit', '--stream', 'COPY'], { NATS_URL: url })).toMatchObject({ code: 0 });
  });
});
