import { streamName } from '../../src/log/streams/definitions.ts';
import type { Config } from '../../src/config/config.ts';
import type { S3Server } from './s3-server.ts';
import { placeOf } from './s3-fixture.ts';
import { quickRules, type TestService } from './service.ts';
import { until } from './until.ts';
import { alertBody, captured } from './webhook.ts';

type Start = (natsUrl: string, config: Partial<Config>) => Promise<TestService>;

/** What `GET /metrics` says of a service that has done one of everything: taken, refused, recorded, failed, given up. */
export async function metricsOfEverything(start: Start, natsUrl: string, s3: S3Server): Promise<string> {
  const { endpoint, bucket, region, forcePathStyle } = placeOf(s3);
  const service = await start(natsUrl, {
    rules: quickRules(`collections:
  - { match: ['alertname="Fails"'], collector: broken, durationSeconds: 0.05, maxAttempts: 1 }
  - { match: ['alertname="Never"'], collector: hemako }
  - match: ['alertname="CrateDBContainerRestart"']
    collector: sim
    durationSeconds: 0.05
    backoff: { initialSeconds: 0.05 }
collectors: { sim: { driver: simulated }, broken: { driver: simulated, failTimes: 9 } }
sources: [{ name: alertmanager, watchdog: { silenceSeconds: 300 } }]
destination: ${JSON.stringify({ type: 's3', endpoint, bucket, region, forcePathStyle })}
`),
  });
  const { connection } = service.app.log;
  await connection.jsm.streams.update(streamName, { max_bytes: 100_000_000, max_msgs: 100_000 });
  s3.faults.inject({ type: 'error', code: 'AccessDenied' });
  await connection.js.publish('aw.alert.x.y.1.firing.AlertReceived', 'no event');
  await service.post(captured('am0.33.1-single_firing'));
  await service.post(captured('am0.33.1-single_firing'));
  await service.post(alertBody({ alertname: 'Fails', pod: 'other' }));
  await service.post('{');
  await service.whenState('uploaded');
  await service.whenState('failed');
  // What is asked of NATS and of the board is kept for 5 s.
  const text = async () => (await fetch(`${service.url}/metrics`)).text();
  const done = [
    'alert_watcher_board_collections{state="uploaded"} 1',
    'alert_watcher_board_collections{state="failed"} 1',
    'alert_watcher_stream_limit_bytes{stream="ALERT_WATCHER"} 100000000',
    'alert_watcher_events_rejected_total{consumer="intake"} 1',
    'alert_watcher_source_silent{source="alertmanager"} 0',
  ];
  return until('metrics of everything', async () => {
    const now = await text();
    return done.every((line) => now.includes(`${line}\n`)) ? now : undefined;
  });
}
