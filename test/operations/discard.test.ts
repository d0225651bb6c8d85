import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { cli } from '../support/cli.ts';
import { addDiscardingNew } from '../support/discard-new.ts';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

async function streamDiscardingNew(context: TestContext): Promise<{ url: string; connection: Connection }> {
  const url = nats.freshUrl();
  const connection = await openConnection(url);
  onTestFinished(connection.close);
  await addDiscardingNew(connection, context);
  return { url, connection };
}

describe('a stream with discard: new, of an earlier version', () => {
  it('is worked on, and the log says at start what to do before NATS is upgraded', async (context) => {
    const { url } = await streamDiscardingNew(context);
    const lines: string[] = [];
    const service = await start(url, {}, (line) => lines.push(line));
    const advice = lines.map((line) => JSON.parse(line) as { level: string; msg: string });
    expect(advice.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toEqual([
      expect.stringMatching(
        /stream ALERT_WATCHER: discard is "new", not "old"\. Run `alert-watcher streams apply` before you upgrade NATS/,
      ),
    ]);
    await service.post(alertBody({}));
    await service.whenState('uploaded');
  });

  it('is shown by streams diff and changed by streams apply; limits stay, and a full one keeps all it has', async (context) => {
    const { url, connection } = await streamDiscardingNew(context);
    const { jsm } = connection;
    const service = await start(url);
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    await service.close();
    const { config, state } = await jsm.streams.info(streamName);
    const limits = { max_msgs: state.messages, max_bytes: state.bytes, max_age: 86_400e9 };
    await jsm.streams.update(streamName, { ...config, ...limits });

    const differs = await cli(['streams', 'diff'], { NATS_URL: url });
    expect([differs.code, differs.stdout]).toEqual([
      1,
      expect.stringContaining('discard is "new", not "old". Run `alert-watcher streams apply`'),
    ]);
    const applied = await cli(['streams', 'apply'], { NATS_URL: url });
    expect([applied.code, applied.stdout]).toEqual([
      0,
      'changed: stream ALERT_WATCHER: discard is "new", not "old"\nthe server is as the files say\n',
    ]);
    const after = await jsm.streams.info(streamName);
    expect(after.config).toMatchObject({ ...limits, discard: 'old' });
    expect(after.state).toMatchObject({ first_seq: 1, messages: state.messages });
  });
});
