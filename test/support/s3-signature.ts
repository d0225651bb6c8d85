import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Error } from './s3-errors.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Checks AWS Signature Version 4 of a request, by hand from its specification and not with the SDK's own code. That the
 * body is what x-amz-content-sha256 says remains to be checked. Throws S3Error.
 */
export function checkSignature(request: IncomingMessage, path: string, credentials: Credentials): void {
  const { keyId, scope, signedHeaders, signature, date } =
    parsePresigned(request) ?? parseAuthorization(request);
  if (keyId !== credentials.accessKeyId) {
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  const unsigned = Object.keys(request.headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw new S3Error(
      'AccessDenied',
      `There were headers present in the request which were not signed: ${unsigned.join()}`,
    );
  }
  const toSign = [
    'AWS4-HMAC-SHA256',
    date,
    scope,
    createHash('sha256')
      .update(canonicalRequest(request, path, signedHeaders))
      .digest('hex'),
  ].join('\n');
  if (signature !== hmac(signingKey(credentials, scope), toSign).toString('hex')) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
}

function parseAuthorization(request: IncomingMessage) {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, keyId, scope, signedHeaders, signature] = form.exec(request.headers.authorization ?? '') ?? [];
  if (!keyId || !scope || !signedHeaders || !signature) {
    throw new S3Error('AccessDenied', 'Access Denied: no AWS4-HMAC-SHA256 signature');
  }
  if (!/^\d{8}\/[a-z0-9-]+\/s3\/aws4_request$/.test(scope)) {
    throw new S3Error('AuthorizationHeaderMalformed', `The credential scope ${scope} is malformed`);
  }
  const date = headerOf(request, 'x-amz-date');
  return { keyId, scope, signedHeaders: signedHeaders.split(';'), signature, date };
}

/** The same from the query of a presigned URL, while it is good. */
function parsePresigned(request: IncomingMessage) {
  const query = queryOf(request);
  const [signature, date] = [query.get('X-Amz-Signature'), query.get('X-Amz-Date') ?? ''];
  if (signature === null) return undefined;
  const [keyId = '', ...scope] = (query.get('X-Amz-Credential') ?? '').split('/');
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  if (!(Date.parse(iso) + Number(query.get('X-Amz-Expires')) * 1_000 > Date.now())) {
    throw new S3Error('AccessDenied', 'Request has expired');
  }
  const signedHeaders = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  return { keyId, scope: scope.join('/'), signedHeaders, signature, date };
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? '/', 'http://s3').searchParams;
}

// "Create a canonical request" of the Amazon S3 API reference. S3 encodes a path once, other services twice.
function canonicalRequest(request: IncomingMessage, path: string, signedHeaders: string[]): string {
  const searchParams = queryOf(request);
  const isPresigned = searchParams.has('X-Amz-Signature');
  searchParams.delete('X-Amz-Signature');
  const query = [...searchParams].map((pair) => pair.map(encode).join('=')).sort();
  const headers = signedHeaders.map(
    (name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    path.split('/').map(encode).join('/'),
    query.join('&'),
    headers.join(''),
    signedHeaders.join(';'),
    isPresigned ? 'UNSIGNED-PAYLOAD' : headerOf(request, 'x-amz-content-sha256'),
  ].join('\n');
}

function signingKey({ secretAccessKey }: Credentials, scope: string): Buffer {
  return scope.split('/').reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
