import { describe, expect, it } from 'vitest';
import { streamName } from '../../src/log/streams/definitions.ts';
import { toLogError } from '../../src/log/errors.ts';
import { createPublisher, type OutgoingMessage } from '../../src/log/write/publisher.ts';
import { readRange } from '../../src/log/read.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const message = (number: number, headers: Record<string, string> = {}): OutgoingMessage => ({
  subject: `aw.what.${String(number)}`,
  headers: { 'Nats-Msg-Id': String(number), ...headers },
  body: JSON.stringify({ number }),
});
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

async function subjects(connection: Awaited<ReturnType<typeof nats.connect>>): Promise<string[]> {
  const found: string[] = [];
  for await (const { subject } of readRange(connection, streamName, { filter: 'aw.>' })) found.push(subject);
  return found;
}

describe('publishing', () => {
  it('keeps the order and gives each message its own answer', async () => {
    const connection = await nats.connectWithStreams();
    const { publisher } = connection;
    const acks = await Promise.all(numbers(500).map((number) => publisher.publish(message(number))));
    expect(acks).toEqual(numbers(500).map((sequence) => ({ sequence, duplicate: false })));
    expect(await publisher.publish(message(7))).toEqual({ sequence: 7, duplicate: true });
    expect(await subjects(connection)).toEqual(numbers(500).map((number) => `aw.what.${String(number)}`));
  });

  it('says what the server refuses, and loses no other message for it', async () => {
    const { publisher } = await nats.connectWithStreams();
    const expected = { 'Nats-Expected-Last-Subject-Sequence': '9' };
    const results = await Promise.allSettled([
      publisher.publish(message(1)),
      publisher.publish(message(2, expected)),
      publisher.publish({ ...message(3), body: 'x'.repeat(20_000_000) }),
      publisher.publish({ ...message(4), headers: { 'Nats-Msg-Id': 'a\nb' } }),
      publisher.publish(message(5)),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'],
    ]);
    const reasons = results.map((result) => (result.status === 'rejected' ? toLogError(result.reason, 'it') : undefined)); // prettier-ignore
    expect(reasons[1]).toMatchObject({ name: 'WrongLastSequence', actual: 0 });
    expect(reasons[2]?.name).toBe('MessageTooLarge');
    expect(reasons[3]?.message).toContain('header');
  });

  it('where no stream takes it fails at once, and where the connection closes does not wait', async () => {
    const connection = await nats.connect();
    const { publisher, nc } = connection;
    await expect(publisher.publish(message(1))).rejects.toMatchObject({ code: '503' });
    nc.subscribe('silent.>');
    const unanswered = publisher.publish({ subject: 'silent.x', headers: {}, body: '' });
    const failed = expect(unanswered).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await nc.flush();
    await nc.close();
    await failed;
  });

  it('gives up after its time', async () => {
    const { nc } = await nats.connect();
    nc.subscribe('silent.>');
    const publisher = createPublisher(nc, 100);
    const unanswered = publisher.publish({ subject: 'silent.x', headers: {}, body: '' });
    await expect(unanswered).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('publishing together', () => {
  it('stores all, in order', async () => {
    const connection = await nats.connectWithStreams();
    await connection.publisher.publishTogether(numbers(1_000).map((number) => message(number)));
    expect(await subjects(connection)).toEqual(numbers(1_000).map((number) => `aw.what.${String(number)}`));
  });

  it.each([
    ['is there already', message(2)],
    ['expects what is not so', message(2, { 'Nats-Expected-Last-Subject-Sequence': '9' })],
  ])('stores none where one %s', async (_, second) => {
    const connection = await nats.connectWithStreams();
    await connection.publisher.publish(message(2));
    const together = connection.publisher.publishTogether([message(1), second, message(3)]);
    await expect(together).rejects.toMatchObject({ api_error: {} });
    expect(await subjects(connection)).toEqual(['aw.what.2']);
  });
});
