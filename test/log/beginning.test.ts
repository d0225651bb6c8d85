import { describe, expect, it } from 'vitest';
import { beginningOf } from '../../src/log/streams/beginning.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const policy = 'aw.policy.PolicyConfigured';
const [alert, request] = ['aw.alert.a.f.1.firing.AlertReceived', 'aw.collection.c.n.p.CollectionRequested'];

/** The beginning of a stream with messages on these subjects, once those of these sequences are gone. */
async function beginning(subjects: string[], gone: number[] = []) {
  const connection = await nats.connectWithStreams();
  const { js, jsm } = connection;
  for (const subject of subjects) await js.publish(subject, '{}');
  for (const sequence of gone) await jsm.streams.deleteMessage(streamName, sequence);
  return beginningOf(connection, streamName, (await jsm.streams.info(streamName)).state);
}

describe('the history of a stream begins', () => {
  it('with its first message', async () => {
    expect(await beginning([])).toBe(0);
    expect(await beginning([policy])).toBe(1);
    expect(await beginning([policy, policy, alert, request])).toBe(1);
    expect(await beginning([alert, policy, request], [1])).toBe(2);
  });

  it('behind the policies that outlived what was between', async () => {
    expect(await beginning([policy, alert, request, alert], [2])).toBe(3);
    expect(await beginning([policy, alert, policy, request, alert, request], [2, 4])).toBe(5);
    expect(await beginning([policy, alert, alert], [2, 3])).toBe(2);
    expect(await beginning([policy, alert, policy], [2])).toBe(2);
  });
});
