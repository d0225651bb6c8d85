import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { sendProblem } from '../../http/problem.ts';
import { bytesIn, rangeIn } from '../../http/range.ts';
import type { PresignRequest } from '../destinations/presign.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import type { Located } from '../read/download.ts';
import type { Downloads } from './downloads.ts';

export interface SendOptions {
  presign: (request: PresignRequest) => Promise<string>;
  /** How long the URL of a file in S3 is good for. */
  urlSeconds: number;
  /** Told who is given which file. */
  downloads: Downloads;
}

/** What is asked for of a collection. */
export interface FileAsked {
  summary: CollectionSummary;
  located: Extract<Located, { file: unknown }>;
  /** What a client should call it. */
  fileName: string;
  /** Name of what lies beside the recording; absent: the recording itself. */
  artefact?: string;
}

type Open = Exclude<FileAsked['located'], { at: 's3' }>;

/** Sends a file of a collection, a part of it, or where in S3 it is. */
export type SendFile = (
  request: FastifyRequest,
  reply: FastifyReply,
  asked: FileAsked,
) => Promise<FastifyReply>;

/** Each reads chunk by chunk, as fast as its client takes them. */
const maxDownloads = 20;

/** Makes the SendFile of all routes, which counts what is under way. */
export function createSendFile({ presign, urlSeconds, downloads }: SendOptions): SendFile {
  let underWay = 0;

  const send = (request: FastifyRequest, reply: FastifyReply, asked: FileAsked & { located: Open }) => {
    const { summary, artefact, located } = asked;
    const { file, at, open } = located;
    const etag = `"${file.sha256}"`;
    const range = rangeOf(request, etag, file.bytes);
    if (range === 'unsatisfiable') {
      void reply.header('content-range', `bytes */${String(file.bytes)}`);
      return sendProblem(reply, 'range-not-satisfiable', `it has ${String(file.bytes)} bytes`);
    }
    const bytes = range ? range.to - range.from + 1 : file.bytes;
    if (range) {
      const { from, to } = range;
      void reply
        .code(206)
        .header('content-range', `bytes ${String(from)}-${String(to)}/${String(file.bytes)}`);
    }
    void reply.header('content-length', bytes);
    if (request.method === 'HEAD') return reply.send();
    underWay += 1;
    const sent = downloads.sending(request, reply, summary, {
      ...{ at, bytes, ...(artefact === undefined ? {} : { artefact }), ...(range ? { range } : {}) },
      open: () => (range ? bytesIn(open(), range) : open()),
    });
    const body = Readable.from(sent, { objectMode: false });
    body.once('close', () => (underWay -= 1));
    return reply.send(body);
  };

  return async (request, reply, asked) => {
    const { summary, located, fileName, artefact } = asked;
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
    const disposition = `attachment; filename="${fileName}"`;
    void reply.headers({
      'recording-source': located.at,
      ...(located.file.simulated ? { 'recording-simulated': 'true' } : {}),
    });
    if (located.at === 's3') {
      const { place, key } = located;
      const url = await presign({ place, key, method, disposition, seconds: urlSeconds });
      // What is signed for HEAD reads nothing.
      if (method === 'GET') downloads.redirected(request, summary, urlSeconds, artefact);
      return reply.header('cache-control', 'no-store').redirect(url, 307);
    }
    if (method === 'GET' && underWay >= maxDownloads) {
      const detail = `${String(underWay)} recordings are being downloaded`;
      return sendProblem(reply.header('retry-after', '5'), 'too-many-downloads', detail);
    }
    const etag = `"${located.file.sha256}"`;
    void reply.headers({
      etag,
      'content-disposition': disposition,
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      // A recording is a secret; and the same address has another one after a redrive.
      'cache-control': 'private, no-cache',
    });
    if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
    return send(request, reply, { ...asked, located });
  };
}

/** A part is asked for of the file that the client has begun: of another one it gets all. */
function rangeOf({ method, headers }: FastifyRequest, etag: string, bytes: number) {
  const ifRange = headers['if-range'];
  if (method !== 'GET' || (ifRange !== undefined && ifRange !== etag)) return undefined;
  return rangeIn(headers.range, bytes);
}

/** Safe in a header and on any disk: labels, and names of files in pods, are anybody's. */
export function fileNameOf({ pod, requestedAt, id }: CollectionSummary, suffix: string): string {
  const safe = (text: string) => text.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-100);
  const time = requestedAt.replaceAll(/[-:]|\.\d+/g, '');
  return `${safe(pod.slice(0, 100))}_${safe(time)}_${safe(id.slice(0, 8))}${safe(suffix)}`;
}
