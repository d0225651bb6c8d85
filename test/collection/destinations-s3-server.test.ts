import { HeadObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { until } from '../support/until.ts';

const s3 = useS3();
const clients: S3Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

function createClient(): S3Client {
  const { type: _, ...config } = placeOf(s3());
  const client = new S3Client({ ...config, maxAttempts: 1 });
  clients.push(client);
  return client;
}

/** A client that sets a header of its own, before or after it has signed the request. */
function clientWith(header: string, value: string, when: 'signed' | 'after'): S3Client {
  const client = createClient();
  const setHeader =
    <Args extends object, Output>(next: (args: Args) => Output) =>
    (args: Args): Output => {
      const { request } = args as { request?: { headers: Record<string, string> } };
      if (request) request.headers[header] = value;
      return next(args);
    };
  if (when === 'signed') client.middlewareStack.add(setHeader, { step: 'build', priority: 'low' });
  else client.middlewareStack.add(setHeader, { step: 'finalizeRequest', priority: 'low' });
  return client;
}

const put = (changes: object = {}) =>
  new PutObjectCommand({ Bucket: 'recordings', Key: 'k', Body: Buffer.from('body'), ...changes });

/** The code that S3 refused with. */
async function refusalOf(sent: Promise<unknown>): Promise<string> {
  const outcome = await sent.catch((error: unknown) => error);
  return outcome instanceof S3ServiceException ? outcome.name : `no refusal: ${String(outcome)}`;
}

describe('the simulated S3 refuses, as the real one does,', () => {
  it.each<[string, string, string, string, 'signed' | 'after']>([
    [
      'a body other than signed',
      'XAmzContentSHA256Mismatch',
      'x-amz-content-sha256',
      '0'.repeat(64),
      'signed',
    ],
    ['a header that is not signed', 'AccessDenied', 'x-amz-meta-b', 'b', 'after'],
    ['a header that was changed', 'SignatureDoesNotMatch', 'x-amz-meta-a', 'b', 'after'],
    ['a request without a signature', 'AccessDenied', 'authorization', '', 'after'],
  ])('%s', async (_what, code, header, value, when) => {
    const client = clientWith(header, value, when);

    expect(await refusalOf(client.send(put({ Metadata: { a: 'a' } })))).toBe(code);
    expect(s3().objects.size).toBe(0);
  });

  it('a body that is not what its checksum says', async () => {
    const client = createClient();

    expect(await refusalOf(client.send(put({ ChecksumSHA256: `${'A'.repeat(43)}=` })))).toBe('BadDigest');
    expect(s3().objects.size).toBe(0);
  });

  it('what is not there', async () => {
    const head = createClient().send(new HeadObjectCommand({ Bucket: 'recordings', Key: 'k' }));

    expect(await refusalOf(head)).toBe('NotFound');
  });

  it('a body that ends too early', async () => {
    const server = s3();
    await createClient().send(put());
    server.objects.clear();
    // The same signed request again, by hand.
    const { headers } = server.requests[0] ?? {};
    const url = `${server.endpoint}/recordings/k?x-id=PutObject`;
    const again = httpRequest(url, { method: 'PUT', agent: false, headers: headers ?? {} });
    again.on('error', () => undefined);
    again.write('bo');
    const received = await until('half of the body', () => server.requests[1]?.bytesReceived);
    again.socket?.end();

    const [response] = (await once(again, 'response')) as [IncomingMessage];
    expect(received).toBe(2);
    expect(response.statusCode).toBe(400);
    expect(await text(response)).toContain('<Code>IncompleteBody</Code>');
    await until('the end of the request', () => server.requests[1]?.outcome === 'IncompleteBody');
    expect(server.objects.size).toBe(0);
  });
});
