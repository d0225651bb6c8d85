import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { streamName } from '../../../src/log/streams/definitions.ts';
import { until } from '../../support/until.ts';
import { type FuzzRequest, requestOf } from './bodies.ts';
import { type Answer, check, createLedger, reconcile } from './ledger.ts';
import { expectedOf } from './oracle.ts';
import type { FuzzedService } from './service.ts';
import { storedEvents } from './stored.ts';

export interface FuzzOptions {
  seed: number;
  bodies: number;
  /** The first index, to do one body again. */
  from?: number;
  concurrency?: number;
  onProgress?: (done: number) => void;
}

/** Something that must never happen; with the body, where there is one. */
export interface Violation {
  fault: string;
  request?: FuzzRequest;
}

export interface Summary {
  statuses: Record<number, number>;
  accepted: number;
  duplicates: number;
  /** Messages of the stream, timers left out, by type. */
  stored: Record<string, number>;
  maxHeapMiB: number;
  violations: Violation[];
}

const checkEvery = 1_000;
const maxHeapMiB = 1_024;
const mebibyte = 1024 * 1024;

/** Posts the bodies of a seed and holds every answer, and at the end the stream, against what must always be so. */
export async function fuzz({ app, limits }: FuzzedService, options: FuzzOptions): Promise<Summary> {
  const { seed, bodies, from = 0, concurrency = 24, onProgress } = options;
  const ledger = createLedger();
  const summary: Summary = {
    statuses: {},
    accepted: 0,
    duplicates: 0,
    stored: {},
    maxHeapMiB: 0,
    violations: [],
  };
  const complain = (faults: string[], about?: FuzzRequest) => {
    for (const fault of faults) summary.violations.push({ fault, ...(about ? { request: about } : {}) });
  };
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const one = async (index: number) => {
    const fuzzed = requestOf(seed, index);
    const expected = expectedOf(fuzzed, limits);
    for (let tries = 1; ; tries += 1) {
      const answer = await send(app.url, fuzzed, agent);
      summary.statuses[answer.status] = (summary.statuses[answer.status] ?? 0) + 1;
      complain(check(answer, expected, ledger), fuzzed);
      if (answer.status !== 503 || tries === 100) return;
      // As Alertmanager does: later, and not all at once.
      await delay(10 * tries);
    }
  };
  let next = from;
  const takeTurns = async () => {
    while (next < from + bodies) {
      const index = next;
      next += 1;
      await one(index).catch((error: unknown) =>
        complain([`no answer: ${String(error)}`], requestOf(seed, index)),
      );
      const done = index + 1 - from;
      if (done % checkEvery !== 0) continue;
      complain(await health(app.url, summary));
      onProgress?.(done);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, takeTurns));
  agent.destroy();
  complain(await health(app.url, summary));
  await decided(app);
  complain(reconcile(ledger, await readStream(app, summary, complain)));
  return { ...summary, accepted: ledger.accepted.size, duplicates: ledger.duplicates.size };
}

function send(url: string, { path, body, headers, isChunked }: FuzzRequest, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = isChunked ? {} : { 'content-length': String(body.length) };
    const options = { method: 'POST', agent, headers: { ...headers, ...length }, timeout: 20_000 };
    const outgoing = request(`${url}${path}`, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const contentType = response.headers['content-type'] ?? '';
        resolve({
          status: response.statusCode ?? 0,
          contentType,
          text: Buffer.concat(parts).toString('utf8'),
        });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('not answered within 20 s')));
    outgoing.on('error', reject);
    if (isChunked) outgoing.write(body.subarray(0, body.length / 2));
    outgoing.end(isChunked ? body.subarray(body.length / 2) : body);
  });
}

async function health(url: string, summary: Summary): Promise<string[]> {
  const heapMiB = Math.round(process.memoryUsage().heapUsed / mebibyte);
  summary.maxHeapMiB = Math.max(summary.maxHeapMiB, heapMiB);
  const faults = heapMiB > maxHeapMiB ? [`the heap has grown to ${String(heapMiB)} MiB`] : [];
  const ready = await fetch(`${url}/ready`);
  const text = await ready.text();
  // The board may be a moment behind what intake has just decided.
  const isBehind = /messages are still to be applied/.test(text);
  return ready.status === 200 || isBehind ? faults : [...faults, `not ready: ${text}`];
}

/** Waits until every alert that was accepted is decided. */
async function decided({ log }: FuzzedService['app']): Promise<void> {
  await until(
    'every alert to be decided',
    async () => {
      const { num_pending: pending, num_ack_pending: open } = await log.connection.jsm.consumers.info(
        streamName,
        'intake',
      );
      return pending + open === 0;
    },
    600_000,
  );
}

async function readStream(
  { log }: FuzzedService['app'],
  { stored }: Summary,
  complain: (faults: string[]) => void,
): Promise<string[]> {
  const events = await storedEvents(log.connection, (fault) => complain([fault]));
  for (const { type, data } of events) {
    stored[type] = (stored[type] ?? 0) + 1;
    if (type === 'EventRejected') complain([`an event was rejected: ${JSON.stringify(data)}`]);
  }
  // Those of source api were asked for by hand.
  return events
    .filter((event) => event.type === 'AlertReceived' && event.data.source !== 'api')
    .map(({ id }) => id);
}
