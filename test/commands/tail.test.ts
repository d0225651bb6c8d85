import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { parseFilter } from '../../src/commands/tail/filter.ts';
import type { StoredEvent } from '../../src/events/envelope.ts';
import { openConnection } from '../../src/log/connection.ts';
import { readDefinitions } from '../../src/log/streams/definitions.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { append } from '../../src/log/write/append.ts';
import { startNatsServers } from '../faults/nats-servers.ts';
import { alertRef, at, pod, story } from '../support/events.ts';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const children: ChildProcess[] = [];
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  for (const close of closers.splice(0).reverse()) await close();
});

/** `alert-watcher tail …`, running; resolves once it follows. */
async function tail(url: string, ...args: string[]) {
  const env = { ...process.env, NATS_URL: url, NO_COLOR: '1' };
  const child = spawn(process.execPath, [main, 'tail', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (part: Buffer) => (said.stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => (said.stderr += part.toString()));
  await until('tail to follow', () => said.stderr.includes('following'));
  const shown = (what: string | RegExp, from: keyof typeof said = 'stdout') =>
    until(`${String(what)} on ${from}`, () => said[from].search(what) >= 0, 20_000);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    if (child.exitCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  return { child, said, shown, end };
}

it('shows each event in a line as it comes, history first where it is asked for, and ends well at Ctrl-C', async () => {
  const url = nats.freshUrl();
  const service = await start(url);
  await service.post(captured('am0.33.1-single_firing'));
  await service.whenState('uploaded');
  const [all, live, json] = await Promise.all([
    tail(url, '--since', '1h'),
    tail(url, 'requested'),
    tail(url, 'second-0', '--json', '--since', '1'),
  ]);
  await all.shown('Uploaded');
  expect(all.said.stdout.split('\n')[1]).toMatch(
    /^\d{4}-\S+Z #\d+ +AlertReceived +5829985c3a31f9b2 {2}CrateDBContainerRestart firing, pod crate-data/,
  );
  await service.post(alertBody({ pod: 'second-0', alertname: 'CrateDBCloudNotResponsive' }));
  await live.shown(/CollectionRequested .*\/second-0 {2}0\.05 seconds by sim/);
  expect(live.said.stdout.trim().split('\n')).toHaveLength(1);
  await json.shown('"Uploaded"');
  const lines = json.said.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StoredEvent);
  expect(lines.map(({ type }) => type)).toEqual([
    ...['AlertReceived', 'CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded'],
  ]);
  expect(await Promise.all([all.end('SIGINT'), live.end('SIGINT'), json.end('SIGTERM')])).toEqual([0, 0, 0]);
});

it('ends without a word when its reader goes away', async () => {
  const url = nats.freshUrl();
  const service = await start(url);
  const { child, said } = await tail(url);
  child.stdout.destroy();
  await service.post(captured('am0.33.1-group25_firing'));
  await until('the end of tail', () => child.exitCode !== null);
  expect(child.exitCode).toBe(0);
  expect(said.stderr.trim().split('\n')).toHaveLength(1);
});

it('goes on after a restart of NATS, without a gap, and says so', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-tail-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  const servers = await startNatsServers(directory, 1);
  closers.push(servers.close);
  const connection = await openConnection(servers.url);
  closers.push(connection.close);
  await ensureStreams(connection, readDefinitions(), 1);
  const { shown, said, end } = await tail(servers.url);
  const first = story(alertRef(1));
  await append(connection, first.requested(), { lastSequence: 0 });
  await shown('CollectionRequested');
  await servers.kill(0);
  await shown('NATS is gone', 'stderr');
  await servers.start(0);
  await servers.whenUp();
  await until('the append', () => append(connection, first.started(), { lastSequence: 0 }).then(() => true, () => false)); // prettier-ignore
  await shown('CollectionAttemptStarted');
  expect(said.stderr).toContain('NATS is back');
  expect(said.stdout.trim().split('\n')).toHaveLength(2);
  expect(await end('SIGINT')).toBe(0);
}, 60_000);

it.each([
  ['Uploaded', true],
  ['uploaded', true],
  ['failed', false],
  [story(alertRef(1)).collectionId, true],
  [story(alertRef(2)).collectionId, false],
  [pod.pod, true],
  [`${pod.kubeContext}/${pod.namespace}/${pod.pod}`, true],
  [`other/${pod.namespace}/${pod.pod}`, false],
  [alertRef(1).fingerprint, false],
])('the filter %s takes an Uploaded: %s', (text, expected) => {
  const event = { ...story(alertRef(1)).uploaded(), sequence: 1, storedAt: at(0) };
  expect(parseFilter(text)?.matches?.(event)).toBe(expected);
});

it('a request is found by its alert and fingerprint; a subject is left to NATS', () => {
  const event = { ...story(alertRef(1)).requested(), sequence: 1, storedAt: at(0) };
  for (const text of [alertRef(1).fingerprint, alertRef(1).alertId]) {
    expect(parseFilter(text)?.matches?.(event), text).toBe(true);
  }
  expect(parseFilter('aw.collection.*.*.*.Uploaded')).toEqual({
    ...{ subject: 'aw.collection.*.*.*.Uploaded', sentence: 'the subject aw.collection.*.*.*.Uploaded' },
  });
  for (const text of ['aw..x', 'aw.>.x', 'aw.a b', 'a/b', ''])
    expect(parseFilter(text), text).toBeUndefined();
});
