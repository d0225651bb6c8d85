import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { type ServiceProcess, useProcesses } from '../support/process.ts';
import { until } from '../support/until.ts';
import { webhook } from '../support/webhook.ts';
import { inflightBytes, rawWebhook, useSockets } from './input/sockets.ts';

const nats = useNats();
const serve = useProcesses();
const open = useSockets();
const mebibyte = 1024 * 1024;
/** Just below MAX_BODY_BYTES. */
const size = 31 * mebibyte;
const { alerts: _, ...around } = webhook();
const withAlerts = (alerts: string) => `${JSON.stringify(around).slice(0, -1)},"alerts":[${alerts}]}`;
const filled = (part: string, bytes = size) => part.repeat(Math.floor(bytes / part.length)).slice(0, -1);
const named = (alertname: string) => JSON.stringify({ status: 'firing', labels: { alertname }, annotations: {}, startsAt: '2026-11-20T18:31:29Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: '', fingerprint: '' }); // prettier-ignore

async function peakMiB({ child }: ServiceProcess): Promise<number> {
  const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

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
  expect(await peakMiB(service)).toBeLessThan(512);
  expect((await fetch(`${url}/health`)).status).toBe(200);
}, 60_000); // prettier-ignore

it.each<[string, number, (number: number) => string]>([
  ['eight of 31 MiB', 8, (n) => withAlerts(Array.from({ length: 30 }, (__, part) => named(`${String(n)}-${String(part)}${'x'.repeat(mebibyte)}`)).join())],
  ['a hundred and twenty of 1 MiB', 120, (n) => withAlerts(named(`${String(n)}${'x'.repeat(mebibyte)}`))],
  ['three hundred of 10,000 alerts that are none', 300, () => withAlerts(filled('{},', 3 * 10_000 + 1))],
])('bodies at once, %s, take no more than 512 MiB', async (__, count, body) => {
  const service = serve({ NATS_URL: nats.freshUrl() });
  const url = await service.url();
  const post = async (number: number) => {
    const response = await fetch(`${url}/webhook/alertmanager`, { method: 'POST', body: body(number) });
    await response.arrayBuffer();
    return response.status;
  };
  const statuses = await Promise.all(Array.from({ length: count }, (_item, number) => post(number)));
  expect([200, 400, 503]).toEqual(expect.arrayContaining(statuses));
  expect(await peakMiB(service)).toBeLessThan(512);
}, 180_000); // prettier-ignore

it('answers that nobody reads take no more than 512 MiB', async () => {
  const service = serve({ NATS_URL: nats.freshUrl() });
  const url = await service.url();
  const request = rawWebhook(withAlerts(filled('{},', 3 * 10_000 + 1)));
  const sockets = await Promise.all(Array.from({ length: 500 }, async () => (await open(url)).socket));
  for (const socket of sockets) socket.pause().write(request);
  await until('all of them to be answered', async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const [, rejected = '0'] = /^alert_watcher_alerts_received_total\{.*result="rejected"\} (\d+)$/m.exec(metrics) ?? [];
    return Number(rejected) === 500 * 10_000;
  }, 120_000);
  expect(await peakMiB(service)).toBeLessThan(512);
  for (const socket of sockets) socket.destroy();
}, 180_000); // prettier-ignore

it('a body of 3 MB that comes a byte at a time takes no more than 512 MiB', async () => {
  const service = serve({ NATS_URL: nats.freshUrl() });
  const url = await service.url();
  const { socket } = await open(url);
  socket.write('POST /webhook/alertmanager HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
  const part = '1\r\n \r\n'.repeat(100_000);
  for (let sent = 0; sent < 3_000_000; sent += 100_000) {
    if (!socket.write(part)) await once(socket, 'drain');
  }
  socket.destroy();
  await until('its bytes to be given back', async () => (await inflightBytes(url)) === 0, 60_000);
  expect(await peakMiB(service)).toBeLessThan(512);
}, 120_000); // prettier-ignore
