import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startServerClock } from '../../src/log/clock.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { eventsOf, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { useProcesses } from '../support/process.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const serve = useProcesses();
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-clock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('is that of this process where the two agree', async () => {
  const connection = await nats.connectWithStreams();
  const clock = await startServerClock(connection, streamName);
  const before = Date.now();
  const now = clock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
  clock.stop();
});

it.each([-3_600, 3_600])(
  'decides by the time of NATS in a process whose own clock is %i s off: an alert is not stale, and events tell that time',
  async (seconds) => {
    const shift = join(directory, 'shift.mjs');
    await writeFile(
      shift,
      `const own = Date.now; Date.now = () => own() + ${String(seconds * 1_000)};
const Own = Date;
globalThis.Date = class extends Own { constructor(...a) { if (a.length === 0) super(Own.now()); else super(...a); } };
`,
    );
    const config = join(directory, 'config.yaml');
    await writeFile(
      config,
      `collections: [{ match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.05 }]
collectors: { sim: { driver: simulated } }
`,
    );
    const url = nats.freshUrl();
    const env = {
      NATS_URL: url,
      DATA_DIR: directory,
      ALERT_WATCHER_CONFIG: config,
      NODE_OPTIONS: `--import ${shift}`,
    };
    const service = serve(env);
    const body = JSON.stringify(alertBody({}));
    const answer = await fetch(`${await service.url()}/webhook/alertmanager`, { method: 'POST', body });
    expect(answer.status).toBe(200);
    const { openConnection } = await import('../../src/log/connection.ts');
    const connection = await openConnection(url);
    try {
      const [requested] = await whenThere(connection, 'CollectionRequested');
      expect(await eventsOf(connection, 'CollectionSuppressed')).toEqual([]);
      expect(
        Math.abs(Date.parse(requested?.time ?? '') - Date.parse(requested?.storedAt ?? '')),
      ).toBeLessThan(2_000);
    } finally {
      await connection.close();
    }
  },
);
