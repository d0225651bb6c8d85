import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { s3Destination } from '../../src/collection/destinations/s3.ts';
import { PermanentlyFailed } from '../../src/kernel/react/failures.ts';
import type { Fault } from '../support/s3-faults.ts';
import { bytesOf, deliveryOf, failureOf, placeOf, stubAwsEnvironment, useS3 } from '../support/s3-fixture.ts';
import { startS3 } from '../support/s3-server.ts';
import { until } from '../support/until.ts';

const s3 = useS3();

/** Larger than what the SDK sends without asking: it waits for 100 Continue first. */
const large = bytesOf(3_000_000);
const small = bytesOf(1_000);

const slowDown: Fault = { type: 'error', code: 'SlowDown' };
const endless = 600_000;

it('asks S3 to encrypt, with the key that is named', async () => {
  const server = s3();
  const encrypted = { ...placeOf(server), serverSideEncryption: 'aws:kms' as const, kmsKeyId: 'alias/jfr' };
  await s3Destination(encrypted)(deliveryOf(small));
  expect(server.requests[0]?.headers).toMatchObject({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'alias/jfr',
  });
});

describe.each([
  ['small', small],
  ['large', large],
])('an upload of a %s recording to S3', (_size, content) => {
  it.each<[string, Fault, string]>([
    ['S3 is overloaded', slowDown, 'destination-unavailable'],
    ['S3 fails', { type: 'error', code: 'InternalError' }, 'destination-unavailable'],
    ['the connection is cut midway', { type: 'cut' }, 'destination-unavailable'],
    ['the policy of the bucket denies it', { type: 'error', code: 'AccessDenied' }, 'destination-refused'],
    ['the bytes are damaged on their way', { type: 'damaged' }, 'destination-refused'],
  ])('fails for now, after one request, when %s, and succeeds the next time', async (_when, fault, code) => {
    const server = s3();
    const deliver = s3Destination(placeOf(server));
    const delivery = deliveryOf(content);
    server.faults.inject(fault);

    const failure = await failureOf(deliver(delivery));

    expect(failure).not.toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe(code);
    expect(server.requests).toHaveLength(1);
    expect(server.objects.size).toBe(0);
    expect(await deliver(delivery)).toBe(`s3://recordings/${delivery.key}`);
    expect(server.objects.get(delivery.key)?.sha256).toBe(delivery.sha256);
  });

  it('fails for now when nobody listens, and succeeds the next time', async () => {
    const server = s3();
    const deliver = s3Destination(placeOf(server));
    const delivery = deliveryOf(content);
    await server.refuse();

    const failure = await failureOf(deliver(delivery));

    expect(failure).not.toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe('destination-unavailable');
    await server.accept();
    expect(await deliver(delivery)).toBe(`s3://recordings/${delivery.key}`);
  });

  it('finds its own recording the next time when S3 stored it and the answer was lost', async () => {
    const server = s3();
    const deliver = s3Destination(placeOf(server));
    const delivery = deliveryOf(content);
    server.faults.inject({ type: 'store-then-cut' });

    expect((await failureOf(deliver(delivery))).code).toBe('destination-unavailable');
    expect(server.objects.size).toBe(1);

    expect(await deliver(delivery)).toBe(`s3://recordings/${delivery.key}`);
    expect(server.objects.size).toBe(1);
  });

  it.each<[string, Fault]>([
    ['receiving', { type: 'slow-receive', ms: endless }],
    ['answering', { type: 'slow-answer', ms: endless }],
  ])('does not wait for an S3 that is slow in %s once it is told to stop', async (_what, fault) => {
    const server = s3();
    const stop = new AbortController();
    server.faults.inject(fault);

    const delivered = failureOf(s3Destination(placeOf(server))(deliveryOf(content, { signal: stop.signal })));
    await until('the request', () => server.requests.length > 0);
    stop.abort();

    expect((await delivered).code).toBe('interrupted');
    await until('the end of the connection', () => server.requests[0]?.outcome !== 'pending');
  });

  it('does not keep the connection when the reader fails', async () => {
    const server = s3();
    const open = async function* () {
      yield content.subarray(0, 500);
      await until('the first bytes at S3', () => (server.requests[0]?.bytesReceived ?? 0) > 0);
      throw new Error('the disk is gone');
    };

    await failureOf(s3Destination(placeOf(server))(deliveryOf(content, { open })));

    await until('the end of the connection', () => server.requests[0]?.outcome === 'IncompleteBody');
  });

  it('carries what S3 needs to check it and to overwrite nothing, all of it signed', async () => {
    const server = s3();
    const delivery = deliveryOf(content);

    await s3Destination(placeOf(server))(delivery);

    expect(server.requests).toHaveLength(1);
    expect(server.puts[0]?.headers).toMatchObject({
      'content-length': String(content.length),
      'if-none-match': '*',
      'x-amz-content-sha256': delivery.sha256,
      'x-amz-checksum-sha256': Buffer.from(delivery.sha256, 'hex').toString('base64'),
    });
  });
});

it.each([
  ['no such key', { accessKeyId: 'AKIAUNKNOWN' }, 'InvalidAccessKeyId'],
  ['the wrong secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
])('a place whose credentials have %s refuses for now', async (_what, wrong, name) => {
  const server = s3();
  stubAwsEnvironment({ ...server.credentials, ...wrong });

  const failure = await failureOf(s3Destination(placeOf(server))(deliveryOf(small)));

  expect(failure).not.toBeInstanceOf(PermanentlyFailed);
  expect(failure.code).toBe('destination-refused');
  expect(failure.message).toContain(name);
  expect(server.objects.size).toBe(0);
});

it('a place without any credentials is unavailable and gets no request', async () => {
  const server = s3();
  stubAwsEnvironment({});

  const failure = await failureOf(s3Destination(placeOf(server))(deliveryOf(small)));

  expect(failure.code).toBe('destination-unavailable');
  expect(failure.message).toContain('redentials');
  expect(server.requests).toHaveLength(0);
});

it('a failure is told to the caller and not to the console', async () => {
  const server = s3();
  using warn = vi.spyOn(console, 'warn');
  server.faults.inject(slowDown);

  await failureOf(s3Destination(placeOf(server))(deliveryOf(small)));

  expect(warn).not.toHaveBeenCalled();
});

it('a bucket that does not exist refuses for now', async () => {
  const place = { ...placeOf(s3()), bucket: 'elsewhere' };

  const failure = await failureOf(s3Destination(place)(deliveryOf(small)));

  expect(failure).not.toBeInstanceOf(PermanentlyFailed);
  expect(failure.code).toBe('destination-refused');
  expect(failure.message).toContain('NoSuchBucket');
});

describe('a key that is taken', () => {
  it('is no conflict while S3 does not say what lies there', async () => {
    const server = s3();
    const deliver = s3Destination(placeOf(server));
    await deliver(deliveryOf(small));
    server.faults.inject({ type: 'none' });
    server.faults.inject(slowDown);

    const failure = await failureOf(deliver(deliveryOf(small)));

    expect(failure).not.toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe('destination-unavailable');
    expect(server.requests.map(({ method, outcome }) => `${method} ${outcome}`)).toEqual([
      'PUT ok',
      'PUT PreconditionFailed',
      'HEAD SlowDown',
    ]);
  });

  it('is waited for no longer than told', async () => {
    const server = s3();
    const deliver = s3Destination(placeOf(server));
    await deliver(deliveryOf(small));
    const stop = new AbortController();
    server.faults.inject({ type: 'none' });
    server.faults.inject({ type: 'slow-answer', ms: endless });

    const delivered = failureOf(deliver(deliveryOf(small, { signal: stop.signal })));
    await until('the HEAD', () => server.requests.length === 3);
    stop.abort();

    expect((await delivered).code).toBe('interrupted');
  });

  it('is a conflict when somebody put something there without a sha256 that S3 kept', async () => {
    const server = s3();
    const delivery = deliveryOf(small);
    const { sha256 } = delivery;
    server.objects.set(delivery.key, { bytes: small, size: 1_000, sha256, metadata: {}, hasChecksum: false });

    const failure = await failureOf(s3Destination(placeOf(server))(delivery));

    expect(failure).toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe('destination-conflict');
  });

  it('costs no transfer of a large recording', async () => {
    const server = s3();
    const deliver = s3Destination(placeOf(server));
    await deliver(deliveryOf(large));

    await deliver(deliveryOf(large));

    expect(server.puts.map(({ bytesReceived }) => bytesReceived)).toEqual([large.length, 0]);
  });
});

it.each([
  [undefined, 'k.jfr'],
  ['', 'k.jfr'],
  ['/', 'k.jfr'],
  ['jfr', 'jfr/k.jfr'],
  ['jfr/', 'jfr/k.jfr'],
  ['team a/jfr//', 'team a/jfr/k.jfr'],
])('with the prefix %j the key k.jfr becomes %s', async (prefix, key) => {
  const server = s3();
  const place = prefix === undefined ? placeOf(server) : { ...placeOf(server), prefix };

  expect(await s3Destination(place)(deliveryOf(small, { key: 'k.jfr' }))).toBe(`s3://recordings/${key}`);
  expect([...server.objects.keys()]).toEqual([key]);
});

it('metadata that no HTTP header can hold arrives percent-encoded', async () => {
  const server = s3();
  const delivery = deliveryOf(small, { metadata: { alertname: 'Größe 100%\n', pod: 'payments-0' } });

  await s3Destination(placeOf(server))(delivery);

  expect(server.objects.get(delivery.key)?.metadata).toEqual({
    alertname: 'Gr%C3%B6%C3%9Fe 100%25%0A',
    pod: 'payments-0',
  });
});

it('an upload of 300 MB needs a small part of that in memory', async () => {
  const server = await startS3({ keepBodies: false });
  try {
    const part = bytesOf(1 << 20);
    const parts = 300;
    const hash = createHash('sha256');
    for (let sent = 0; sent < parts; sent += 1) hash.update(part);
    let most = 0;
    const open = async function* () {
      for (let sent = 0; sent < parts; sent += 1) {
        // A fresh copy each, as a reader gives them: held ones would count.
        yield Buffer.from(part);
        most = Math.max(most, process.memoryUsage.rss());
        await Promise.resolve();
      }
    };
    const delivery = deliveryOf('', { bytes: parts * part.length, sha256: hash.digest('hex'), open });
    const before = process.memoryUsage.rss();

    await s3Destination(placeOf(server))(delivery);

    expect(server.objects.get(delivery.key)?.size).toBe(parts * part.length);
    expect((most - before) / (1 << 20)).toBeLessThan(150);
  } finally {
    await server.close();
  }
});
