import { expect, it } from 'vitest';
import { streamName } from '../../src/log/streams/definitions.ts';
import { whenHandled } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

const cooldownSeconds = 3;
const rules = quickRules(`collections:
  - match: ['alertname=~".+"']
    collector: sim
    durationSeconds: 0.05
    cooldownSeconds: ${String(cooldownSeconds)}
    backoff: { initialSeconds: 0.05 }
collectors: { sim: { driver: simulated, failTimes: 1 } }
`);

/** How often both durations were observed, and the sum of the first in seconds. */
async function observed({ url }: TestService) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [toCollector, toUpload, sum] = [
    'alert_to_collector_seconds_count{collector="sim"}',
    'request_to_upload_seconds_count{destination="object-store"}',
    'alert_to_collector_seconds_sum{collector="sim"}',
  ].map((name) => Number(text.split(`alert_watcher_${name} `)[1]?.split('\n', 1)[0] ?? 0));
  return { toCollector, toUpload, sum: sum ?? NaN };
}

it('a collection is observed once: not by its second attempt, nor when it is delivered again, nor after a restart', async () => {
  const url = nats.freshUrl();
  const service = await start(url, { rules });
  await service.post(alertBody({ number: '1' }));
  await service.whenState('uploaded');
  // It waits for the end of the cooldown, which does not count.
  await service.post(alertBody({ number: '2' }));
  await service.whenState('uploaded', 2);
  const { sum, ...counts } = await observed(service);
  expect(counts).toEqual({ toCollector: 2, toUpload: 2 });
  expect(sum).toBeLessThan(cooldownSeconds - 1);

  const { connection } = service.app.log;
  const durables = ['intake', 'collect', 'upload'];
  for (const durable of durables) {
    await connection.jsm.consumers.delete(streamName, durable);
    const info = () => connection.jsm.consumers.info(streamName, durable);
    await until(`${durable} to be there again`, () => info().then(({ delivered }) => delivered.consumer_seq >= 2, () => false)); // prettier-ignore
  }
  for (const durable of durables) await whenHandled(connection, durable);
  expect(await observed(service)).toEqual({ ...counts, sum });
  await service.close();

  const again = await start(url, { rules });
  expect(await again.collections()).toHaveLength(2);
  expect(await observed(again)).toEqual({ toCollector: 0, toUpload: 0, sum: 0 });
});
