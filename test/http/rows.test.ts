import { beforeAll, describe, expect, it, afterAll } from 'vitest';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices(afterAll);
const rules = quickRules(`collections:
  - { name: slow, match: ['alertname="Slow"', 'severity="critical"'], collector: gone, targets: { statefulSet: one, replicas: 2 } }
  - { name: labelled, match: ['alertname="Labelled"'], collector: labelled }
  - { name: restart, match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, timeoutSeconds: 10, cooldownSeconds: 7 }
collectors:
  gone: { command: [no-such-program-here, '{pod}'] }
  labelled: { command: [/bin/true, '{label.region}'] }
  sim: { driver: simulated }
`);
let service: TestService;
beforeAll(async () => {
  service = await start(nats.freshUrl(), { rules });
});

it('the rows are told as configured, with what came of them and what they lack', async () => {
  await service.post(alertBody({ alertname: 'CrateDBContainerRestart', pod: 'one' }));
  const [uploaded] = await service.whenState('uploaded');
  const { items } = await service.get('/api/v1/rows');
  const none = { requested: 0, collecting: 0, uploading: 0, uploaded: 0, failed: 0, cancelled: 0 };
  expect(items).toEqual([
    {
      name: 'slow',
      match: ['alertname="Slow"', 'severity="critical"'],
      ...{ collector: 'gone', driver: 'command', durationSeconds: 30, cooldownSeconds: 600, maxAttempts: 5 },
      ...{ collections: none, canRecord: false, isChecked: true },
      problem: expect.stringMatching(/^collector gone: the program no-such-program-here is not on PATH\. What to do: install it/) as string, // prettier-ignore
    },
    expect.objectContaining({ name: 'labelled', canRecord: true }),
    {
      name: 'restart',
      match: ['alertname=~"CrateDB.*"'],
      ...{ collector: 'sim', driver: 'simulated', durationSeconds: 0.05, cooldownSeconds: 7, maxAttempts: 5 },
      ...{ collections: { ...none, uploaded: 1 }, lastAt: uploaded?.['requestedAt'] },
      ...{ canRecord: true, isChecked: true },
    },
  ]);
});

it('/ready stays 200 and names the rows that cannot record, with what to do', async () => {
  const response = await fetch(`${service.url}/ready`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    details: [
      {
        name: 'row slow',
        sentence: 'collector gone: the program no-such-program-here is not on PATH',
        action: expect.stringContaining('install it, or set `collector:`') as string,
      },
    ],
  });
});

describe('what labels lead to', () => {
  const match = async (body: unknown) => {
    const response = await fetch(`${service.url}/api/v1/rows/match`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const place = { kube_context: 'prod', namespace: 'search' };

  it.each([
    [
      'a pod',
      { alertname: 'CrateDBX', ...place, pod: 'search-0' },
      { row: 'restart', pod: { kubeContext: 'prod', namespace: 'search', pod: 'search-0' }, because: 'row restart is the first that matches' },
    ],
    [
      'pods of a StatefulSet',
      { alertname: 'Slow', severity: 'critical', ...place, sts: 'search' },
      { row: 'slow', targets: { kubeContext: 'prod', namespace: 'search', sts: 'search' } },
    ],
    [
      'nothing, because no row matches',
      { alertname: 'Slow', severity: 'info', ...place },
      {
        because: 'no row of collections matches: the alert is only stored',
        rows: [
          { name: 'slow', matches: false, failed: 'severity="critical"' },
          { name: 'labelled', matches: false, failed: 'alertname="Labelled"' },
          { name: 'restart', matches: false, failed: 'alertname=~"CrateDB.*"' },
        ],
      },
    ],
    [
      'nothing, because the cluster is not named; it is told what kube_context is',
      { alertname: 'CrateDBX', namespace: 'search', pod: 'search-0' },
      {
        row: 'restart',
        declined: { reason: 'missing-label', label: 'kube_context', message: 'the alert has no label kube_context' },
        because: expect.stringMatching(/^row restart matches, but the alert has no label kube_context \(kube_context names the cluster.*external_labels/) as string,
      },
    ],
    [
      'nothing, because the collector needs a label',
      { alertname: 'Labelled', ...place, pod: 'search-0' },
      { declined: { reason: 'missing-label', label: 'region', message: expect.stringContaining('its collector needs it') as string } },
    ],
  ])('is told: %s', async (_, labels, expected) => {
    const { status, json } = await match({ labels });
    expect(status).toBe(200);
    expect(json).toMatchObject(expected);
    expect(json['plan'] === undefined).toBe(json['row'] === undefined);
  }); // prettier-ignore

  it('a body without labels is not valid', async () => {
    expect(await match({})).toMatchObject({ status: 400, json: { code: 'bad-request' } });
  });
});
