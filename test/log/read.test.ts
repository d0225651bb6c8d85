import { expect, it } from 'vitest';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();

it('reading a range ends also where its last message is gone before it is delivered', async () => {
  const connection = await nats.connectWithStreams();
  const { js, jsm } = connection;
  // One more than is asked for at once: the last one is still on the server when the first is read.
  for (let sent = 0; sent <= 1_000; sent += 1) await js.publish('aw.what.ever', String(sent));
  const sequences: number[] = [];
  for await (const { sequence } of readRange(connection, streamName, { filter: 'aw.>' })) {
    if (sequence === 1) await jsm.streams.deleteMessage(streamName, 1_001);
    sequences.push(sequence);
  }
  expect(sequences.length).toBeGreaterThanOrEqual(1_000);
  expect(sequences.slice(0, 3)).toEqual([1, 2, 3]);
});

it('reading a stream that is not there is an error, and no empty history', async () => {
  const reading = readRange(await nats.connect(), streamName, { filter: 'aw.>' }).next();
  await expect(reading).rejects.toThrow('read stream ALERT_WATCHER: stream not found');
});
