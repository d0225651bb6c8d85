import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { useProcesses } from '../support/process.ts';
import { webhook } from '../support/webhook.ts';

const nats = useNats();
const serve = useProcesses();
const mebibyte = 1024 * 1024;
/** Just below MAX_BODY_BYTES. */
const size = 31 * mebibyte;
const { alerts: _, ...around } = webhook();
const withAlerts = (alerts: string) => `${JSON.stringify(around).slice(0, -1)},"alerts":[${alerts}]}`;
const filled = (part: string, bytes = size) => part.repeat(Math.floor(bytes / part.length)).slice(0, -1);
const named = (alertname: string) => JSON.stringify({ status: 'firing', labels: { alertname }, annotations: {}, startsAt: '2026-11-20T18:31:29Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: '', fingerprint: '' }); // prettier-ignore

it.each<[string, () => string, number, string | undefined]>([
  ['33 MB of zeros as alerts', () => withAlerts(filled('0,')), 413, 'body-too-complex'],
  ['2 MB of zeros as alerts', () => withAlerts(filled('0,', 2 * mebibyte)), 413, 'body-too-complex'],
  ['empty objects as alerts', () => withAlerts(filled('{},')), 413, 'body-too-complex'],
  ['lists in lists', () => withAlerts('['.repeat(size)), 413, 'body-too-complex'],
  ['names that are all different', () => withAlerts(`{${Array.from({ length: 2_500_000 }, (__, n) => `"k${String(n)}":0`).join()}}`), 413, 'body-too-complex'],
  ['10,001 alerts', () => withAlerts(filled('0,', 2 * 10_001 + 1)), 413, 'too-many-alerts'],
  ['10,000 alerts that are none', () => withAlerts(filled('0,', 2 * 10_000 + 1)), 400, 'all-alerts-rejected'],
  ['one text of all its bytes, none of them ASCII', () => withAlerts(named('ü'.repeat(size / 2 - 1_000))), 400, 'all-alerts-rejected'],
  ['alerts with names of a megabyte', () => withAlerts(Array.from({ length: 30 }, (__, n) => named(`${String(n)}${'x'.repeat(mebibyte)}`)).join()), 200, undefined],
])('a body of %s neither ends the process nor takes more than 512 MiB', async (__, body, status, code) => {
  const service = serve({ NATS_URL: nats.freshUrl() });
  const url = await service.url();
  const text = body();
  const response = await fetch(`${url}/webhook/alertmanager`, { method: 'POST', body: text });
  const answer = await response.text();
  expect([response.status, (JSON.parse(answer) as { code?: string }).code]).toEqual([status, code]);
  expect(answer.length).toBeLessThan(8 * mebibyte);
  const [, peakKib = 'NaN'] = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${String(service.child.pid)}/status`, 'utf8')) ?? []; // prettier-ignore
  expect(Number(peakKib) / 1024).toBeLessThan(512);
  expect((await fetch(`${url}/health`)).status).toBe(200);
}, 60_000); // prettier-ignore
