import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { S3Error } from './s3-errors.ts';
import { createFaults, type FaultQueue } from './s3-faults.ts';
import type { StoredObject } from './s3-objects.ts';
import { handleRequest, type SeenRequest, type Service } from './s3-requests.ts';
import type { Credentials } from './s3-signature.ts';

export interface S3Server {
  endpoint: string;
  bucket: string;
  credentials: Credentials;
  /** By their keys. */
  objects: Map<string, StoredObject>;
  /** All that came, in order. */
  requests: SeenRequest[];
  /** Those of them that are PutObject. */
  readonly puts: SeenRequest[];
  faults: Pick<FaultQueue, 'inject' | 'clear'>;
  /** Ends every connection; new ones are refused, until `accept`. */
  refuse: () => Promise<void>;
  /** Listens again, on the same port. */
  accept: () => Promise<void>;
  close: () => Promise<void>;
}

interface Options {
  /** The only bucket that there is. */
  bucket?: string;
  credentials?: Credentials;
  /** Of the bucket; absent: any will do. */
  region?: string;
  /** False: of an object only size and sha256 are kept, and GetObject is not implemented. */
  keepBodies?: boolean;
}

/**
 * A simulated S3 on 127.0.0.1, path-style, with PutObject, HeadObject and GetObject. It checks what Amazon's checks
 * (signature, length and sha256 of the body, If-None-Match), answers with Amazon's errors, and fails on demand.
 */
export async function startS3(options: Options = {}): Promise<S3Server> {
  const faults = createFaults();
  const service: Service = {
    bucket: options.bucket ?? 'recordings',
    region: options.region,
    credentials: options.credentials ?? { accessKeyId: 'AKIASIMULATED', secretAccessKey: 'simulated/secret' },
    keepBodies: options.keepBodies ?? true,
    objects: new Map(),
    requests: [],
    faults,
  };
  const server = createServer((request, response) => void handleRequest(service, request, response));
  // Without this Node itself would say 100 Continue, before a request can be refused.
  server.on('checkContinue', (request, response) => void handleRequest(service, request, response));
  server.on('clientError', refuseIncomplete);
  const port = await listen(server, 0);
  const { bucket, credentials, objects, requests } = service;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    credentials,
    objects,
    requests,
    get puts() {
      return requests.filter(({ method }) => method === 'PUT');
    },
    faults,
    refuse: () => stop(server),
    accept: async () => {
      if (!server.listening) await listen(server, port);
    },
    close: () => stop(server),
  };
}

// The client has said its last word, before the length that it announced. Node would answer without S3's words.
function refuseIncomplete(_error: Error, socket: Duplex): void {
  const xml = new S3Error('IncompleteBody', 'The request body terminated unexpectedly').toXml();
  if (socket.writable) socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n${xml}`);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
