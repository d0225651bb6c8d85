import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createEvent, decodeEvent, isEvent } from '../../src/events/envelope.ts';
import { append } from '../../src/log/write/append.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { recordingsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { deleteObject, getInfo, putObject } from '../../src/log/objects/store.ts';
import { lastMessage, readRange } from '../../src/log/read.ts';
import { cli } from '../support/cli.ts';
import { eventfulService } from '../support/eventful.ts';
import { useNats } from '../support/nats.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { quickRules, useServices } from '../support/service.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const s3 = useS3();

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A service that recorded once and ended: what it accepted, where it keeps things, and the audit of it. */
async function recorded(yaml?: string) {
  const url = nats.freshUrl();
  const service = await start(url, { rules: quickRules(yaml) });
  const { json } = await service.post(captured('am0.33.1-single_firing'));
  const [item] = await service.whenState('uploaded');
  await service.close();
  const connection = await openConnection(url);
  closers.push(connection.close);
  const audit = (...args: string[]) => cli(['audit', ...args], { NATS_URL: url });
  return { connection, audit, id: item?.id ?? '', alertIds: json.alerts.map(({ id }) => id) };
}

async function fileOf(lines: string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-audit-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'accepted');
  await writeFile(file, lines.join('\n'));
  return file;
}

async function uploadedOn(connection: Connection) {
  for await (const message of readRange(connection, streamName, { filter: 'aw.collection.*.*.*.Uploaded' })) {
    const event = decodeEvent(message);
    if (isEvent(event) && event.type === 'Uploaded') {
      return { ...event, name: event.data.url.replace(`object-store://${recordingsBucket}/`, '') };
    }
  }
  throw new Error('there is no Uploaded on the stream');
}

const brokenIn = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('broken'));

it('a clean run breaks no promise: exit code 0 and a summary', async () => {
  const { audit, alertIds } = await recorded();
  const file = await fileOf([...alertIds, '']);
  const { code, stdout, stderr } = await audit('--settled', '--deep', '--accepted', file);
  expect({ code, stderr, lines: stdout.split('\n').slice(-3) }).toEqual({
    code: 0,
    stderr: '',
    lines: [
      '6 messages (0 timers, 0 no events), 1 alert, 1 collection, ' +
        '1 run (1 uploaded, 0 failed, 0 cancelled, 0 open), 1 recording checked',
      ...['no promise is broken', ''],
    ],
  });
});

it('what is forged or lost on the stream is told, with its promise, its ids and its sequences', async () => {
  const { connection, audit, id } = await recorded();
  const { sequence, data } = await uploadedOn(connection);
  const forged = { ...data, attempt: 7, sha256: 'cd'.repeat(32) };
  const about = { part: 'test\u001b[2J', time: '2026-11-20T19:10:40Z' };
  const { sequence: second } = await append(connection, createEvent('Uploaded', forged, about));
  await connection.js.publish('aw.else\u009b2J', 'nobody reads this');
  const file = await fileOf(['lost\u001b[2J']);
  const { code, stdout } = await audit('--accepted', file, '--no-destination');
  expect(code).toBe(1);
  const ofRun = `collection ${id} run 1 of [^:]+`;
  expect(brokenIn(stdout)).toEqual([
    'broken 1 alert-once: alert lost\\u{1b}[2J: was accepted and is not on the stream',
    expect.stringMatching(
      `^broken 2 one-end: ${ofRun}: ends again: Uploaded after Uploaded #${String(sequence)} #${String(second)}$`,
    ),
    expect.stringMatching(`^broken 3 one-recording: ${ofRun} at object-store:.*: uploads .* bytes`),
    expect.stringMatching(`^broken 5 state-is-replay: ${ofRun}: Uploaded is ignored by the fold`),
  ]);
  expect(stdout).toMatch(/recordings not checked\n4 violations\n$/);
  expect(stdout).toContain('no event, on aw.else\\u{9b}2J');

  const json = await audit('--accepted', file, '--no-destination', '--json');
  expect(json.code).toBe(1);
  expect(json.stdout).not.toMatch(/[\u007f-\u009f\u001b]/);
  const { violations } = JSON.parse(json.stdout) as { violations: unknown[] };
  expect(violations).toHaveLength(4);
  expect(violations[1]).toMatchObject({
    promise: 2,
    collectionId: id,
    run: 1,
    sequences: [sequence, second],
  });
});

it('a recording that is gone from the bucket, and one that nobody named, are told', async () => {
  const { connection, audit } = await recorded();
  const { name } = await uploadedOn(connection);
  await deleteObject(connection, recordingsBucket, name);
  const stray = { name: name.replace(/\.jfr$/, '.run2.jfr') };
  await putObject(connection, recordingsBucket, stray, parts('another'));
  const { code, stdout } = await audit();
  expect(code).toBe(1);
  expect(brokenIn(stdout)).toEqual([
    expect.stringContaining(`${stray.name}: lies at the destination, but no Uploaded names it`),
    expect.stringContaining(`${name}: there is nothing at its url`),
  ]);
  expect(await audit('--no-destination')).toMatchObject({ code: 0 });
});

it('bytes that were changed behind the record of an object are told with --deep', async () => {
  const { connection, audit } = await recorded();
  const { name, data } = await uploadedOn(connection);
  const info = await getInfo(connection, recordingsBucket, name);
  const chunks = `$O.${recordingsBucket}.C.${info?.nuid ?? ''}`;
  const { purged } = await connection.jsm.streams.purge(`OBJ_${recordingsBucket}`, { filter: chunks });
  const bytes = Buffer.alloc(data.bytes);
  const each = Math.ceil(bytes.length / purged);
  for (let at = 0; at < bytes.length; at += each)
    await connection.js.publish(chunks, bytes.subarray(at, at + each));
  expect(await audit()).toMatchObject({ code: 0 });
  const { code, stdout } = await audit('--deep');
  expect(code).toBe(1);
  expect(brokenIn(stdout)).toEqual([
    expect.stringMatching(/: has sha256 [0-9a-f]{64} at its url, read byte by byte, not [0-9a-f]{64} #\d+$/),
  ]);
});

it('recordings in S3 are checked where the plan put them', async () => {
  const { bucket, endpoint = '', region = '' } = placeOf(s3());
  const { audit } =
    await recorded(`collections: [{ match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.05 }]
collectors: { sim: { driver: simulated } }
destination: { type: s3, bucket: ${bucket}, endpoint: '${endpoint}', region: ${region}, forcePathStyle: true }
`);
  const { objects } = s3();
  const [[key, object] = []] = objects;
  if (key === undefined || !object?.bytes) throw new Error('nothing was uploaded');
  expect(await audit('--deep')).toMatchObject({ code: 0 });

  // Stored without a checksum, S3 cannot tell: the bytes themselves are read.
  const bytes = Buffer.alloc(object.size);
  objects.set(key, { ...object, bytes, hasChecksum: false });
  expect(brokenIn((await audit()).stdout)).toEqual([
    expect.stringContaining('at its url, read byte by byte'),
  ]);
  objects.set(key, { ...object, sha256: 'cd'.repeat(32) });
  const { code, stdout } = await audit();
  expect({ code, broken: brokenIn(stdout) }).toEqual({
    code: 1,
    broken: [expect.stringContaining(`has sha256 ${'cd'.repeat(32)} at its url, not ${object.sha256}`)],
  });
  objects.delete(key);
  expect(brokenIn((await audit()).stdout)).toEqual([expect.stringContaining('there is nothing at its url')]);
  await s3().refuse();
  expect(brokenIn((await audit()).stdout)).toEqual([expect.stringContaining('could not be checked')]);
});

describe('a service that lived through cooldowns and a restart', () => {
  const eventful = async () => {
    const url = nats.freshUrl();
    const { connection } = (await eventfulService(start, url)).app.log;
    return { connection, audit: (...args: string[]) => cli(['audit', ...args], { NATS_URL: url }) };
  };
  /** Sequence of the last message under a filter. */
  const sequenceOf = async (connection: Connection, filter: string) => {
    const message = await lastMessage(connection, streamName, filter);
    if (!message) throw new Error(`there is nothing on ${filter}`);
    return message.sequence;
  };

  it('breaks no promise, and one alert waits; without decisions, or without its timer, it breaks the sixth and the seventh', async () => {
    const { connection, audit } = await eventful();
    const { code, stdout, stderr } = await audit('--settled', '--deep');
    expect({ code, stderr, broken: brokenIn(stdout) }).toEqual({ code: 0, stderr: '', broken: [] });
    expect(stdout).toMatch(
      /^open {3}alert [0-9a-f]{64} of \S+\/slow-0: waits for the end of the cooldown at \S+Z: CollectionSuppressed #\d+ \S+Z$/m,
    );
    const { notes, waiting } = JSON.parse((await audit('--json')).stdout) as Record<string, unknown[]>;
    expect({ notes, waiting }).toMatchObject({
      notes: [],
      waiting: [{ until: expect.any(String) as string, since: { type: 'CollectionSuppressed' } }],
    });

    const attached = await sequenceOf(connection, 'aw.collection.*.*.*.AlertAttached');
    const declined = await sequenceOf(connection, 'aw.alert.*.*.*.*.AlertDeclined');
    for (const sequence of [attached, declined])
      await connection.jsm.streams.deleteMessage(streamName, sequence);
    const withoutDecisions = await audit();
    expect(withoutDecisions.code).toBe(1);
    expect(brokenIn(withoutDecisions.stdout)).toEqual([
      expect.stringMatching(
        /^broken 6 decided: alert [0-9a-f]{64} of \S+\/quick-0: was not decided again after its cooldown #\d+ #\d+$/,
      ),
      expect.stringMatching(
        /^broken 7 search-ends: alert [0-9a-f]{64}: its search found nothing, and it is not declined #\d+$/,
      ),
    ]);

    const suppressed = await sequenceOf(connection, 'aw.collection.*.*.*.CollectionSuppressed');
    await connection.jsm.streams.purge(streamName, { filter: 'aw.schedule.>' });
    expect(brokenIn((await audit()).stdout)).toContainEqual(
      expect.stringMatching(
        `^broken 6 decided: alert [0-9a-f]{64} of \\S+/slow-0: its timer for \\S+Z is gone, and there is no CooldownElapsed #${String(suppressed)}$`,
      ),
    );
  });

  it('has an alert open that the intake has not come to', async () => {
    const url = nats.freshUrl();
    const { post, app } = await start(url, { rules: quickRules(), roles: ['ingest', 'intake', 'api'] });
    await app.log.connection.jsm.consumers.pause(streamName, 'intake', new Date(Date.now() + 3_600_000));
    await post(captured('am0.33.1-single_firing'));
    const { code, stdout } = await cli(['audit'], { NATS_URL: url });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^open {3}alert [0-9a-f]{64} of \S+: waits to be decided: AlertReceived #\d+ \S+Z$/m,
    );
    expect(brokenIn((await cli(['audit', '--settled'], { NATS_URL: url })).stdout)).toHaveLength(1);
  });
});

it('a stream that is not there, or a file that cannot be read, is an error and no clean bill', async () => {
  const { audit } = await recorded();
  const typo = await audit('--stream', 'TYPO');
  expect(typo).toMatchObject({ code: 4, stdout: '' });
  expect(typo.stderr).toContain('TYPO');
  const absent = await audit('--accepted', '/dev/null/absent');
  expect(absent).toMatchObject({ code: 2, stdout: '' });
});

// eslint-disable-next-line @typescript-eslint/require-await
async function* parts(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
