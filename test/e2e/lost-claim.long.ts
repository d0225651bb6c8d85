import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { streamName } from '../../src/log/streams/definitions.ts';
import { useNats } from '../support/nats.ts';
import { useProcesses } from '../support/process.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const serve = useProcesses();

let directory: string;
afterEach(() => rm(directory, { recursive: true, force: true }));

const rules = (simulated: string) => `collections:
  - { match: ['alertname="CrateDBContainerRestart"'], collector: sim, durationSeconds: 0.05 }
collectors: { sim: { driver: simulated, ${simulated} } }
`;
const lost = 'alert_watcher_lost_claims_total{consumer="collect"}';

it('a process that is frozen for longer than ACK_WAIT_SECONDS loses its work to another, counts and logs that', async () => {
  const natsUrl = nats.freshUrl();
  const quick = { ackWaitSeconds: 3, heartbeatSeconds: 1, rules: quickRules(rules('tookSeconds: 0.05')) };
  const service = await start(natsUrl, { ...quick, roles: ['ingest', 'intake', 'upload', 'api'] });
  const { connection } = service.app.log;
  const { config } = await connection.jsm.consumers.info(streamName, 'collect');
  expect(config.ack_wait).toBe(3e9);

  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-claim-'));
  const file = join(directory, 'config.yaml');
  await writeFile(file, rules('hang: true'));
  const times = { ACK_WAIT_SECONDS: '3', HEARTBEAT_SECONDS: '1' };
  const env = { NATS_URL: natsUrl, DATA_DIR: directory, ROLES: 'collect', ALERT_WATCHER_CONFIG: file };
  const frozen = serve({ ...env, ...times });
  const url = await frozen.url();
  await service.post(alertBody({}));
  await frozen.logged('its attempt', ({ event }) => event === 'CollectionAttemptStarted');
  const scraped = async () => (await fetch(`${url}/metrics`)).text();
  expect(await scraped()).toContain(`${lost} 0\n`);

  frozen.child.kill('SIGSTOP');
  const second = await start(natsUrl, { ...quick, roles: ['collect'] });
  await service.whenState('uploaded');
  frozen.child.kill('SIGCONT');
  const line = await frozen.logged('the loss', ({ msg }) => String(msg).includes('the claim to a message is lost')); // prettier-ignore
  expect(line).toMatchObject({
    level: 'warn',
    consumer: 'collect',
    event: 'CollectionRequested',
    deliveries: 1,
    ackWaitMs: 3_000,
  });
  expect(line['subject']).toMatch(/^aw\.collection\..*\.CollectionRequested$/);
  expect(line['silentMs']).toBeGreaterThanOrEqual(3_000);
  expect(await scraped()).toContain(`${lost} 1\n`);
  expect(await (await fetch(`${second.url}/metrics`)).text()).toContain(`${lost} 0\n`);
});
