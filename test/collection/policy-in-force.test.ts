import { afterEach, describe, expect, it, vi } from 'vitest';
import { tellPolicy } from '../../src/collection/intake/policy-in-force.ts';
import { decodeEvent, isEvent } from '../../src/events/envelope.ts';
import { sha256Hex } from '../../src/events/ids.ts';
import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage, readRange } from '../../src/log/read.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { at, plan } from '../support/events.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const { rule: _, ...planOf } = plan;
const rows = [{ name: 'cratedb', match: ['alertname=~"CrateDB.+"'], plan: planOf }];
/** Bytes: enough for a probe, and not for a policy. */
const tooSmall = 300;
afterEach(() => {
  vi.useRealTimers();
});

/** What a process does at its start; its warnings. */
async function tell(connection: Connection, maxAlertAgeSeconds = 900) {
  const warnings: string[] = [];
  const logger = createLogger('warn', { write: (line) => void warnings.push(line) });
  const { signal } = new AbortController();
  const deps = { connection, stream: streamName, now: () => at(0), logger, signal };
  await tellPolicy(deps, { rows, maxAlertAgeSeconds });
  return warnings;
}

async function told(connection: Connection) {
  const found: { sequence: number; id: string; maxAlertAgeSeconds: number }[] = [];
  for await (const message of readRange(connection, streamName, { filter: 'aw.policy.>' })) {
    const event = decodeEvent(message);
    if (!isEvent(event) || event.type !== 'PolicyConfigured') throw new Error('this is no policy');
    const { sequence, id, data } = event;
    found.push({ sequence, id, maxAlertAgeSeconds: data.maxAlertAgeSeconds });
  }
  return found;
}

const hashOf = (maxAlertAgeSeconds: number) => sha256Hex(JSON.stringify({ rows, maxAlertAgeSeconds }));

describe('the policy in force', () => {
  it('is on the stream before the first decision, and once for all processes that have it', async () => {
    const url = nats.freshUrl();
    const [first, second] = await Promise.all([start(url), start(url)]);
    await first.post(alertBody({}));
    await second.whenState('uploaded');
    const { connection } = first.app.log;
    const policies = await told(connection);
    expect(policies).toHaveLength(1);
    const decided = await lastMessage(connection, streamName, 'aw.collection.*.*.*.CollectionRequested');
    expect(policies[0]?.sequence).toBeLessThan(decided?.sequence ?? 0);
    const { collections, maxAlertAgeSeconds } = quickRules();
    expect((await lastMessage(connection, streamName, 'aw.policy.>'))?.header('ce-id')).toBe(
      `0/${sha256Hex(JSON.stringify({ rows: collections, maxAlertAgeSeconds }))}/PolicyConfigured`,
    );
  });

  it('is not written by a process that decides nothing', async () => {
    const service = await start(nats.freshUrl(), { roles: ['ingest', 'collect', 'upload', 'api'] });
    expect(await told(service.app.log.connection)).toEqual([]);
  });

  it('is written again where another one is the last, also where that is what was before', async () => {
    const connection = await nats.connectWithStreams();
    for (const maxAge of [900, 900, 60, 60, 900]) expect(await tell(connection, maxAge)).toEqual([]);
    expect(await told(connection)).toEqual([
      { sequence: 1, id: `0/${hashOf(900)}/PolicyConfigured`, maxAlertAgeSeconds: 900 },
      { sequence: 2, id: `1/${hashOf(60)}/PolicyConfigured`, maxAlertAgeSeconds: 60 },
      { sequence: 3, id: `2/${hashOf(900)}/PolicyConfigured`, maxAlertAgeSeconds: 900 },
    ]);
  });

  it('is written once by many that start at once, and each of two has its own behind the other', async () => {
    const connection = await nats.connectWithStreams();
    await Promise.all(Array.from({ length: 8 }, () => tell(connection)));
    expect(await told(connection)).toHaveLength(1);
    await Promise.all([tell(connection, 60), tell(connection, 30)]);
    expect((await told(connection)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('outlives max_age', async () => {
    const connection = await nats.connectWithStreams();
    const { jsm, js } = connection;
    await tell(connection);
    await js.publish('aw.what.ever', 'ages');
    const { config } = await jsm.streams.info(streamName);
    await jsm.streams.update(streamName, { ...config, max_age: 1e8, duplicate_window: 1e8 });
    await until('the other message to be gone', async () => (await jsm.streams.info(streamName)).state.messages === 1); // prettier-ignore
    expect(await told(connection)).toHaveLength(1);
  });

  it('that the stream does not take is a warning, and is written once it does', async () => {
    const connection = await nats.connectWithStreams();
    const { jsm } = connection;
    const { config } = await jsm.streams.info(streamName);
    await jsm.streams.update(streamName, { ...config, max_msg_size: tooSmall });
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const warnings = await tell(connection);
    expect(warnings).toEqual([expect.stringContaining('the policy is not on the stream')]);
    await jsm.streams.update(streamName, { ...config, max_msg_size: -1 });
    vi.advanceTimersByTime(60_000);
    await until('the policy', async () => (await told(connection)).length === 1);
    expect(warnings).toHaveLength(1);
  });

  it('does not keep a service from starting where the stream does not take it', async () => {
    const url = nats.freshUrl();
    const before = await start(url);
    const { jsm } = before.app.log.connection;
    const { config } = await jsm.streams.info(streamName);
    await jsm.streams.update(streamName, { ...config, max_msg_size: tooSmall });
    await before.close();
    const lines: string[] = [];
    const rules = quickRules('maxAlertAgeSeconds: 60');
    await start(url, { rules }, (line) => void lines.push(line));
    expect(lines.join('')).toContain('the policy is not on the stream');
  });

  it('that was purged is written again, though the server remembers its id', async () => {
    const connection = await nats.connectWithStreams();
    const { jsm } = connection;
    await tell(connection);
    await jsm.streams.purge(streamName);
    expect(await tell(connection)).toEqual([]);
    expect(await told(connection)).toHaveLength(1);
  });
});
