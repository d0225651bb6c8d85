import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type S3Code, S3Error } from './s3-errors.ts';
import type { Fault, FaultQueue } from './s3-faults.ts';
import { type Bucket, getObject, putObject } from './s3-objects.ts';
import { checkSignature, type Credentials } from './s3-signature.ts';

/** A request as it came, and what became of it. */
export interface SeenRequest {
  method: string;
  key: string;
  headers: IncomingMessage['headers'];
  bytesReceived: number;
  /** `cut`: by a fault. `gone`: the client went away while the server took its time. */
  outcome: 'pending' | 'ok' | 'cut' | 'gone' | S3Code;
}

export interface Service extends Bucket {
  bucket: string;
  /** Of the bucket; absent: any will do. */
  region?: string | undefined;
  credentials: Credentials;
  faults: FaultQueue;
  requests: SeenRequest[];
}

interface Exchange {
  request: IncomingMessage;
  socket: Socket;
  response: ServerResponse;
  seen: SeenRequest;
  fault: Fault | undefined;
  /** The connection is over. */
  gone: AbortSignal;
}

/** The server ends the connection in the place of an answer. */
class Cut extends Error {
  override readonly name = 'Cut';
}

/** Serves one request, or fails it as the next fault says. Never rejects: what went wrong is in `requests`. */
export async function handleRequest(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = decodeURIComponent((request.url ?? '/').replace(/\?.*/, ''));
  const [, bucket, ...folders] = path.split('/');
  // A request that was not read to its end forgets its socket.
  const { method = '', headers, socket } = request;
  const seen: SeenRequest = { method, key: folders.join('/'), headers, bytesReceived: 0, outcome: 'pending' };
  service.requests.push(seen);
  const connection = new AbortController();
  response.once('close', () => connection.abort());
  const fault = service.faults.take();
  const exchange = { request, socket, response, seen, fault, gone: connection.signal };
  try {
    if (fault?.type === 'error') throw new S3Error(fault.code, 'This fault was injected.');
    checkSignature(request, path, service.credentials);
    if (bucket !== service.bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
    checkRegion(service, exchange);
    const answer = await serve(service, exchange);
    if (fault?.type === 'store-then-cut') throw new Cut();
    if (fault?.type === 'slow-answer') await delay(fault.ms, undefined, { signal: exchange.gone });
    response.writeHead(200, answer.headers).end(method === 'HEAD' ? undefined : answer.body);
    seen.outcome = 'ok';
  } catch (error) {
    seen.outcome = refuse(exchange, error);
  }
}

/** Amazon names the right region in a header, as an answer to HEAD has no body. */
function checkRegion({ region }: Service, { request, response }: Exchange): void {
  const [, asked] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
  if (region === undefined || asked === region) return;
  response.setHeader('x-amz-bucket-region', region);
  throw new S3Error(
    'AuthorizationHeaderMalformed',
    `the region '${String(asked)}' is wrong; expecting '${region}'`,
  );
}

async function serve(service: Service, exchange: Exchange) {
  const { request, seen } = exchange;
  if (request.method === 'HEAD' && seen.key === '') return { headers: {}, body: undefined };
  if (request.method === 'GET' || request.method === 'HEAD') return getObject(service, seen.key, request);
  if (request.method !== 'PUT') throw new S3Error('MethodNotAllowed', 'PUT, GET and HEAD of objects only');
  const headers = await putObject(service, seen.key, request, (each) => receive(exchange, each));
  return { headers, body: undefined };
}

async function receive(exchange: Exchange, each: (part: Buffer) => void): Promise<void> {
  const { request, response, seen, fault, gone } = exchange;
  if (fault?.type === 'slow-receive') await delay(fault.ms, undefined, { signal: gone });
  if (isWaiting(request)) response.writeContinue();
  const length = Number(request.headers['content-length']);
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      seen.bytesReceived += part.length;
      each(part);
      if (fault?.type === 'cut' && seen.bytesReceived >= length / 2) throw new Cut();
    }
  } catch (error) {
    if (error instanceof Cut) throw error;
    throw new S3Error('IncompleteBody', `${seen.bytesReceived} bytes came of ${length}`);
  }
  if (fault?.type === 'damaged') throw new S3Error('BadDigest', 'This fault was injected.');
}

function refuse({ request, socket, response, seen, gone }: Exchange, error: unknown): SeenRequest['outcome'] {
  if (error instanceof Cut) {
    socket.destroy();
    return 'cut';
  }
  if (!(error instanceof S3Error) && gone.aborted) return 'gone';
  const answer = error instanceof S3Error ? error : new S3Error('InternalError', String(error));
  // A body that was not asked for never comes; the next request would be taken for it.
  if (isWaiting(request) && seen.bytesReceived === 0) response.setHeader('connection', 'close');
  response.writeHead(answer.status, { 'content-type': 'application/xml' });
  response.end(request.method === 'HEAD' ? undefined : answer.toXml());
  return answer.code;
}

/** The client sends the body only after 100 Continue. */
function isWaiting({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}
