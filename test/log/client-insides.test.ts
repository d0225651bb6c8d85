import { createRequire } from 'node:module';
import { headers as natsHeaders, type JsMsg } from 'nats';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { lastMessage, lastOn, messageAt } from '../../src/log/read.ts';
import { firstSequenceSince } from '../../src/log/since.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { headerBytes, outgoingHeaders } from '../../src/log/write/header.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const installed = createRequire(import.meta.url)('nats/package.json') as { version: string };

/** A message with these headers, as the client delivers it. */
async function delivered(headers: Record<string, string>): Promise<JsMsg> {
  const connection = await nats.connectWithStreams();
  const made = natsHeaders();
  for (const [name, value] of Object.entries(headers)) made.set(name, value);
  await connection.js.publish('aw.what.ever', 'the body', { headers: made });
  const consumer = await connection.js.consumers.get(streamName);
  const message = await consumer.next();
  if (!message) throw new Error('it was delivered');
  return message;
}

describe('the NATS client, beneath its types', () => {
  it('is the version whose insides are read here: another one needs these tests read, not only passed', () => {
    expect(installed.version).toBe('2.29.3');
    expect(manifest.dependencies.nats).toBe(installed.version);
  });

  it('asks nothing of the headers that it publishes but their bytes', async () => {
    const { nc } = await nats.connectWithStreams();
    const asked = new Set<PropertyKey>();
    const spied = new Proxy(outgoingHeaders({ 'ce-id': '1' }), {
      get: (target, name) => {
        asked.add(name);
        return Reflect.get(target, name) as unknown;
      },
    });
    const subscription = nc.subscribe('what.ever', { max: 1 });
    nc.publish('what.ever', 'x', { headers: spied });
    for await (const message of subscription) expect(message.headers?.get('ce-id')).toBe('1');
    expect([...asked]).toEqual(['encode']);
  });

  it('keeps the bytes of a delivered message, and where its body begins', async () => {
    const message = await delivered({ 'ce-id': 'an id', 'ce-type': 'What' });
    const bytes = headerBytes(message);
    expect(bytes?.toString()).toBe('NATS/1.0\r\nce-id: an id\r\nce-type: What\r\n\r\n');
    expect(message.headers?.get('ce-id')).toBe('an id');
    expect(Buffer.from(message.data).toString()).toBe('the body');
  });

  it('has the gets that any replica answers, which its type does not name', async () => {
    const connection = await nats.connectWithStreams();
    await connection.js.publish('aw.what.ever', 'x');
    const stored = await connection.direct.getMessage(streamName, { last_by_subj: 'aw.what.ever' });
    expect([stored.seq, stored.subject]).toEqual([1, 'aw.what.ever']);
  });

  it('passes on what its type of a look-up does not name', async () => {
    const connection = await nats.connectWithStreams();
    // The server that is tested knows it; one that does not is asked otherwise, so that the answer alone shows nothing.
    const asked = connection.nc.subscribe(`$JS.API.STREAM.MSG.GET.${streamName}`, { max: 1 });
    const since = '2026-11-20T19:10:36.608Z';
    await firstSequenceSince(connection, streamName, 'aw.>', since);
    for await (const message of asked)
      expect(message.json()).toEqual({ next_by_subj: 'aw.>', start_time: since });
  });

  it('says of what is not there that it is not, by a code', async () => {
    const connection = await nats.connectWithStreams();
    expect(await lastMessage(connection, streamName, 'aw.what.ever')).toBeUndefined();
    expect(await messageAt(connection, streamName, 7)).toBeUndefined();
    expect(await lastOn(connection, streamName, 'aw.what.ever')).toBeUndefined();
  });

  it('gives the error of the server with its code, by which a refusal is told', async () => {
    const connection = await nats.connectWithStreams();
    const headers = { 'Nats-Expected-Last-Subject-Sequence': '7' };
    const refused = connection.publisher.publish({ subject: 'aw.what.ever', headers, body: '' });
    await expect(refused).rejects.toMatchObject({
      api_error: { err_code: 10071, description: 'wrong last sequence: 0' },
    });
  });
});
