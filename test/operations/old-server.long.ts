import { headers as natsHeaders } from 'nats';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import { timeOf } from '../../src/events/instant.ts';
import { firstSequenceSince } from '../../src/log/since.ts';
import { cli } from '../support/cli.ts';
import { type NatsProcess, startNats, useNats } from '../support/nats.ts';
import { oldServer } from '../support/nats-server.ts';
import { useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const lacks =
  /nats-server \S+ lacks .*message schedules \(allow_msg_schedules\).*releases from 2\.12 on have them/;

describe.skipIf(!inject('programs').oldServer)('a nats-server that lacks what the service needs', () => {
  let server: NatsProcess;
  let old: Connection;
  let url = '';
  beforeEach(async () => {
    server = await startNats([], oldServer);
    url = `nats://127.0.0.1:${String(server.port)}`;
    old = await openConnection(url);
  });
  afterEach(async () => {
    await old.close();
    await server.stop();
  });

  it('is told by what it makes of the stream, and keeps nothing of it', async () => {
    await expect(start(url)).rejects.toThrow(lacks);
    const applied = await cli(['streams', 'apply'], { NATS_URL: url });
    expect([applied.code, applied.stderr]).toEqual([3, expect.stringMatching(lacks)]);
    expect(await old.jsm.streams.names().next()).toEqual([]);
  });

  it('serves commands that only read, and no service, where it has the stream', async () => {
    const service = await start(nats.freshUrl());
    await service.post(alertBody({ pod: 'crate-0' }));
    await service.whenState('uploaded');
    const copied = await copyHistory(service.app.log.connection, old);

    await expect(start(url)).rejects.toThrow(
      /allow_msg_schedules is absent, not true[^]*on nats-server 2\.12 or later/,
    );
    const applied = await cli(['streams', 'apply'], { NATS_URL: url });
    expect([applied.code, applied.stderr]).toEqual([3, expect.stringMatching(lacks)]);
    expect((await old.jsm.streams.info(streamName)).state.messages).toBe(copied);

    const replayed = await cli(['replay', '--json', '--from', '1h'], { NATS_URL: url });
    expect([replayed.code, replayed.stdout.trim().split('\n').length]).toEqual([0, copied]);
    const audited = await cli(['audit', '--settled', '--no-destination'], { NATS_URL: url });
    expect([audited.code, audited.stdout]).toEqual([0, expect.stringContaining('1 run (1 uploaded')]);
    const explained = await cli(['explain', 'crate-0'], { NATS_URL: url });
    expect([explained.code, explained.stdout]).toEqual([0, expect.stringContaining('→ recorded')]);
  });

  it('finds what was stored since a time, though it passes over the time that it is asked for', async () => {
    await old.jsm.streams.add({ name: streamName, subjects: ['aw.>'] });
    for (let count = 0; count < 3; count += 1) {
      const { seq } = await old.js.publish('aw.x', '');
      const before = (await old.jsm.streams.getMessage(streamName, { seq })).time.getTime();
      await until('the next millisecond', () => Date.now() > before);
    }
    const { time } = await old.jsm.streams.getMessage(streamName, { seq: 2 });
    const since = (at: number) => firstSequenceSince(old, streamName, 'aw.>', timeOf(at));
    expect(await since(time.getTime())).toBe(2);
    expect(await since(time.getTime() - 3_600_000)).toBe(1);
    expect(await since(Date.now() + 3_600_000)).toBeUndefined();
  });
});

/** Brings the stream to a server that does not know all of its settings; the number of its messages. */
async function copyHistory(from: Connection, to: Connection): Promise<number> {
  await to.jsm.streams.add(readDefinitions().stream);
  let copied = 0;
  for await (const { subject, header, body } of readRange(from, streamName, { filter: 'aw.>' })) {
    if (subject.startsWith('aw.schedule.')) continue;
    const headers = natsHeaders();
    for (const name of ['ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-time', 'ce-subject'])
      headers.set(name, header(name) ?? '');
    await to.js.publish(subject, body, { headers });
    copied += 1;
  }
  return copied;
}
