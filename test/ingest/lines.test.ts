import { expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

it('the lines about an alert say which one it is, how severe, of which StatefulSet, and who sent it', async () => {
  const raw: string[] = [];
  const { post } = await start(nats.freshUrl(), {}, (line) => raw.push(line));
  const lineOf = (pod: string, msg: string) =>
    raw.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => line['pod'] === pod && String(line['msg']).includes(msg)); // prettier-ignore
  const labels = { severity: 'critical', sts: 'search', namespace: 'shop', kube_context: 'aks1' };
  await post(alertBody({ ...labels, pod: 'search-0' }));
  await post(alertBody({ ...labels, pod: 'search-1', kube_context: '' }));
  await until('the decisions', () => lineOf('search-0', 'requested') && lineOf('search-1', 'label'));

  const sender = { source: 'alertmanager', receiver: 'crate-webhook', alertname: 'CrateDBContainerRestart' };
  for (const message of ['alert received', 'a recording is requested'])
    expect(lineOf('search-0', message)).toMatchObject({ ...labels, ...sender, pod: 'search-0' });
  expect(lineOf('search-1', 'label')).toMatchObject({
    ...labels,
    ...sender,
    kube_context: '',
    level: 'warn',
  });
});
