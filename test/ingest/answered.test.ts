import { afterEach, expect, it } from 'vitest';
import { inflightBytes, rawWebhook, useSockets } from '../faults/input/sockets.ts';
import { type NatsProcess, startNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

let nats: NatsProcess;
// The last to be registered goes first: nothing waits for a NATS that is gone.
afterEach(() => nats.stop());
const start = useServices();
const open = useSockets();

const rules = quickRules(`collections: []
sources:
  - name: alertmanager
  - { name: limited, rate: { perSecond: 0.001, burst: 1 } }
  - { name: alerts, format: alerts }
`);

it('each answer to a webhook is observed once, and a sender that gets none, by source and class', async () => {
  nats = await startNats([]);
  const service = await start(`nats://127.0.0.1:${String(nats.port)}`, { rules });
  const post = (path: string, body: unknown) =>
    fetch(`${service.url}/webhook/${path}`, { method: 'POST', body: JSON.stringify(body) });
  /** The series that are not 0: source, class, whether it waits, and how often. */
  const observed = async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const series = /^alert_watcher_webhook_duration_seconds_count\{source="(.*)",sync="(.*)",status_class="(.*)"\} (\d+)$/gm; // prettier-ignore
    const all = [...text.matchAll(series)].map(([, source, sync, status, count]) => [source, sync, status, Number(count)].join(' ')); // prettier-ignore
    // Each source with each class, and once more where it can wait.
    expect(all).toHaveLength(16);
    return all.filter((each) => !each.endsWith(' 0')).sort();
  };
  expect(await observed()).toEqual([]);

  await post('alertmanager', alertBody({}));
  await post('alertmanager', alertBody({}));
  await post('alertmanager', 7);
  await post('limited', alertBody({}));
  await post('limited', alertBody({}));
  await post('alerts/sync?waitSeconds=0', { alerts: [{ title: 'x' }] });
  const answered = [
    ...['alertmanager false 2xx 2', 'alertmanager false 4xx 1', 'alerts true 2xx 1'],
    ...['limited false 2xx 1', 'limited false 5xx 1'],
  ];
  await until('all of them', async () => (await observed()).join() === answered.join());

  // Two that leave: in the midst of the body, and with the whole body there, while NATS answers nothing.
  const request = rawWebhook(alertBody({ alertname: 'Other' }));
  const length = Buffer.byteLength(request.slice(request.indexOf('\r\n\r\n') + 4));
  const [early, late] = [await open(service.url), await open(service.url)];
  early.socket.write(request.slice(0, -1));
  await until('most of a body', async () => (await inflightBytes(service.url)) === length - 1);
  early.socket.resetAndDestroy();
  await until('nothing', async () => (await inflightBytes(service.url)) === 0);
  nats.signal('SIGSTOP');
  late.socket.write(request);
  await until('a whole body', async () => (await inflightBytes(service.url)) === length);
  late.socket.resetAndDestroy();
  const withNone = [...answered, 'alertmanager false none 1'].sort();
  await until('the sender that left', async () => (await observed()).join() === withNone.join());
  nats.signal('SIGCONT');
  await until('nothing', async () => (await inflightBytes(service.url)) === 0);
  expect(await observed()).toEqual(withNone);
});
