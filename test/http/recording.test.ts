import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { recordingsBucket, stagingBucket } from '../../src/log/streams/definitions.ts';
import { chunkSubject, getMeta } from '../../src/log/objects/format.ts';
import { append } from '../../src/log/write/append.ts';
import { putObject } from '../../src/log/objects/store.ts';
import { story } from '../support/events.ts';
import { useNats } from '../support/nats.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const s3 = useS3();

const sha256Of = (bytes: ArrayBuffer) => createHash('sha256').update(Buffer.from(bytes)).digest('hex');
const recordingUrl = (service: TestService, id: string) =>
  `${service.url}/api/v1/collections/${id}/recording`;

const rulesWith = (collector: string, more = '') =>
  quickRules(`collections:
  - match: ['alertname=~"CrateDB.*"']
    collector: sim
    durationSeconds: 0.05
    timeoutSeconds: 10
    maxAttempts: 1
    backoff: { initialSeconds: 0.05 }
collectors: { sim: ${collector} }
${more}`);
const s3Rules = () => rulesWith('{ driver: simulated }', `destination: ${JSON.stringify(placeOf(s3()))}`);

/** A service with one collection in a state. */
async function serviceWith(state: string, rules = rulesWith('{ driver: simulated }')) {
  const service = await start(nats.freshUrl(), { rules, shutdownGraceSeconds: 0 });
  await service.post(captured('am0.33.1-single_firing'));
  const [collection] = await service.whenState(state);
  const id = collection?.id ?? '';
  return {
    service,
    id,
    url: recordingUrl(service, id),
    story: await service.get(`/api/v1/collections/${id}`),
  };
}

describe('a recording in the object store', () => {
  it('is sent whole, under a name for files, with its sha256', async () => {
    const { service, id, url, story } = await serviceWith('uploaded');
    const response = await fetch(url);
    const body = await response.arrayBuffer();
    const { sha256, bytes } = story['recording'] as { sha256: string; bytes: number };

    expect(response.status).toBe(200);
    expect(sha256Of(body)).toBe(sha256);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': String(bytes),
      'content-type': 'application/octet-stream',
      etag: `"${sha256}"`,
      'recording-source': 'destination',
      'recording-simulated': 'true',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="${story.pod}_\\d{8}T\\d{6}Z_${id.slice(0, 8)}\\.jfr"$`),
    );
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes));
    const known = await fetch(url, { headers: { 'if-none-match': `"${sha256}"` } });
    expect(known.status).toBe(304);
    expect(await service.get('/api/v1/collections/none/recording')).toMatchObject({
      status: 404,
      code: 'not-found',
    });
  });

  it('is sent in parts, so that a download that was cut off goes on', async () => {
    const { url, story } = await serviceWith('uploaded');
    const { sha256, bytes } = story['recording'] as { sha256: string; bytes: number };
    const all = Buffer.from(await (await fetch(url)).arrayBuffer());
    const last = bytes - 1;
    const parts = [
      ['bytes=0-0', 0, 0],
      ['bytes=131070-131073', 131_070, 131_073],
      [`bytes=${String(last)}-`, last, last],
      ['bytes=1000-', 1_000, last],
      ['bytes=-7', bytes - 7, last],
      ['bytes=5-99999999999', 5, last],
    ] as const;
    for (const [range, from, to] of parts) {
      const response = await fetch(url, { headers: { range, 'if-range': `"${sha256}"` } });
      expect(response.status, range).toBe(206);
      expect(response.headers.get('content-range')).toBe(
        `bytes ${String(from)}-${String(to)}/${String(bytes)}`,
      );
      expect(response.headers.get('content-length')).toBe(String(to - from + 1));
      expect(all.subarray(from, to + 1).equals(Buffer.from(await response.arrayBuffer())), range).toBe(true);
    }
    const wholes = [
      { range: 'bytes=0-1,5-6' },
      { range: 'bytes=9-3' },
      { range: 'lines=1-2' },
      { range: 'bytes=-' },
      { range: 'bytes=0-0', 'if-range': '"another"' },
    ];
    for (const headers of wholes) {
      const response = await fetch(url, { headers });
      expect([response.status, response.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
      expect(sha256Of(await response.arrayBuffer())).toBe(sha256);
    }
    for (const range of [`bytes=${String(bytes)}-`, 'bytes=-0']) {
      const response = await fetch(url, { headers: { range } });
      expect(response.headers.get('content-range')).toBe(`bytes */${String(bytes)}`);
      expect(await response.json()).toMatchObject({ status: 416, code: 'range-not-satisfiable' });
    }
  });

  it('is cut off and never looks whole where a chunk of it is damaged', async () => {
    const { service, url, story } = await serviceWith('uploaded');
    const { connection } = service.app.log;
    const key = story.url.replace(/^object-store:\/\/[^/]+\//, '');
    const meta = await getMeta(connection, recordingsBucket, key);
    const subject = chunkSubject(recordingsBucket, meta?.nuid ?? '');
    await connection.jsm.streams.purge(`OBJ_${recordingsBucket}`, { filter: subject });
    const chunks = meta?.chunks ?? 0;
    const size = Math.ceil((meta?.size ?? 0) / chunks);
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const bytes = Math.min(size, (meta?.size ?? 0) - chunk * size);
      await connection.publisher.publish({ subject, headers: {}, body: Buffer.alloc(bytes) });
    }

    await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow();
    const end = { headers: { range: 'bytes=-10' } };
    expect((await fetch(url, end)).status).toBe(500);
  });

  it('that an operator has deleted is 410', async () => {
    const { service, url } = await serviceWith('uploaded');
    const { jsm } = service.app.log.connection;
    await jsm.streams.purge(`OBJ_${recordingsBucket}`);
    expect(await (await fetch(url)).json()).toMatchObject({ status: 410, code: 'recording-gone' });
  });

  it('gives its place to the next client when its own has gone', async () => {
    const { url } = await serviceWith('uploaded');
    for (let round = 0; round < 25; round += 1) {
      const client = httpRequest(url);
      client.end();
      client.on('error', () => undefined);
      await new Promise((resolve) => client.once('response', resolve));
      client.destroy();
    }
    // More than may be under way at once: all of them must have been let go.
    await until('a download', async () => (await fetch(url)).status === 200);
  });
});

describe('a recording that is not at its destination', () => {
  it('is sent from where it waits while S3 is down', async () => {
    await s3().refuse();
    const { url, story } = await serviceWith('uploading', s3Rules());
    const response = await fetch(url);

    expect(response.headers.get('recording-source')).toBe('staging');
    expect(sha256Of(await response.arrayBuffer())).toBe((story['recording'] as { sha256: string }).sha256);
  });

  it('and no longer where it waited is 410', async () => {
    await s3().refuse();
    const { service, url } = await serviceWith('uploading', s3Rules());
    await service.app.log.connection.jsm.streams.purge(`OBJ_${stagingBucket}`);
    expect(await (await fetch(url)).json()).toMatchObject({ status: 410, code: 'recording-gone' });
  });

  it('because it is being made is 404 and says so', async () => {
    const { url } = await serviceWith('collecting', rulesWith('{ driver: simulated, tookSeconds: 5 }'));
    expect(await (await fetch(url)).json()).toMatchObject({
      ...{
        status: 404,
        code: 'no-recording',
        state: 'collecting',
        detail: 'the recording is being made: attempt 1',
      },
    });
  });

  it('because its collection failed is 404 and says why', async () => {
    const { url } = await serviceWith('failed', rulesWith('{ driver: simulated, failTimes: 9 }'));
    const problem = (await (await fetch(url)).json()) as { detail: string };
    expect(problem).toMatchObject({ status: 404, code: 'no-recording', state: 'failed' });
    expect(problem.detail).toContain('there is no recording: the collection is failed: {"code":');
  });
});

describe('a recording in S3', () => {
  it('is had by a redirect to a URL that is good for a while, for GET and HEAD', async () => {
    const { url, story } = await serviceWith('uploaded', s3Rules());
    const redirect = await fetch(url, { redirect: 'manual' });
    const location = new URL(redirect.headers.get('location') ?? '');
    const followed = await fetch(url);

    expect(redirect.status).toBe(307);
    expect(redirect.headers.get('cache-control')).toBe('no-store');
    expect(location.origin).toBe(s3().endpoint);
    expect(location.searchParams.get('X-Amz-Expires')).toBe('300');
    expect(sha256Of(await followed.arrayBuffer())).toBe((story['recording'] as { sha256: string }).sha256);
    expect(followed.headers.get('content-disposition')).toContain(`filename="${story.pod}_`);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).not.toBeNull();
    location.searchParams.set('response-content-disposition', 'inline');
    expect((await fetch(location)).status).toBe(403);
  });
});

it('a hostile name of a pod stays within the name of the file', async () => {
  const service = await start(nats.freshUrl());
  await service.post(alertBody({ pod: 'a-b.c', kube_context: 'x:y/z@w' }));
  const [collection] = await service.whenState('uploaded');
  const response = await fetch(recordingUrl(service, collection?.id ?? ''), { method: 'HEAD' });
  expect(response.headers.get('content-disposition')).toMatch(
    /^attachment; filename="a-b\.c_[0-9TZ]+_[0-9a-f]{8}\.jfr"$/,
  );
});

it('what lies beside a recording is sent by its name, from where it waits or by a redirect', async () => {
  const service = await start(nats.freshUrl(), { roles: ['api'] });
  const { connection } = service.app.log;
  const { requested, started, collected, uploaded, collectionId } = story();
  const name = 'hs_err pid7/ä.log';
  const stagedName = `${collectionId}/1-1/artefact-1`;
  const bytes = new TextEncoder().encode('the end of a JVM');
  const { sha256 } = await putObject(connection, stagingBucket, { name: stagedName }, Readable.from([bytes]));
  const artefact = { kind: 'crash-log', name, bytes: bytes.length, sha256 };
  const collectedWith = collected();
  collectedWith.data.artefacts = [{ ...artefact, stagedName }];
  const begun = requested();
  begun.data.plan = { ...begun.data.plan, destination: placeOf(s3()) };
  for (const event of [begun, started(), collectedWith]) await append(connection, event);
  await service.whenState('uploading');
  const files = `/api/v1/collections/${collectionId}/artefacts/`;
  const url = service.url + files + encodeURIComponent(name);

  expect(await service.get(`/api/v1/collections/${collectionId}`)).toMatchObject({
    stagedArtefacts: [{ name }],
  });
  const response = await fetch(url);
  expect(await response.text()).toBe('the end of a JVM');
  expect(Object.fromEntries(response.headers)).toMatchObject({
    etag: `"${sha256}"`,
    'recording-source': 'staging',
  });
  expect(response.headers.get('content-disposition')).toMatch(/_hs_err_pid7__.log"$/);
  expect(await (await fetch(url, { headers: { range: 'bytes=4-6' } })).text()).toBe('end');
  expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(bytes.length));
  expect(await service.get(`${files}none`)).toMatchObject({ status: 404, code: 'not-found' });

  const uploadedWith = uploaded();
  uploadedWith.data.artefacts = [{ ...artefact, url: 's3://b/k.artefact-1.log' }];
  await append(connection, uploadedWith);
  await service.whenState('uploaded');
  const redirect = await fetch(url, { redirect: 'manual' });
  expect(redirect.status).toBe(307);
  expect(redirect.headers.get('location')).toContain('/k.artefact-1.log?');
});
