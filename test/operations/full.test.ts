import { expect, it } from 'vitest';
import { streamName } from '../../src/log/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { brokenPromises } from '../support/audit.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const rules = quickRules(`collections:
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05 }
collectors: { sim: { driver: simulated, tookSeconds: 0.3 } }
`);

it('a stream that fills up during a recording takes its outcome, recorded once, when the limit is raised', async () => {
  const service = await start(nats.freshUrl(), { rules });
  const { connection } = service.app.log;
  const { jsm } = connection;
  const { config } = await jsm.streams.info(streamName);
  await service.post(alertBody({}));
  const lastOf = (type: string) => lastMessage(connection, streamName, `aw.collection.*.*.*.${type}`);
  const started = await until('the attempt', () => lastOf('CollectionAttemptStarted'));
  await jsm.streams.update(streamName, { ...config, max_msgs: started.sequence });
  const isPutOff = async () => (await jsm.consumers.info(streamName, 'collect')).num_redelivered > 0;
  await until('the outcome to be refused', isPutOff);
  expect(await lastOf('JfrCollected')).toBeUndefined();
  await jsm.streams.update(streamName, { ...config, max_msgs: -1 });
  await service.whenState('uploaded');
  expect((await lastOf('CollectionAttemptStarted'))?.sequence).toBe(started.sequence);
  expect(await brokenPromises(connection)).toEqual([]);
});
