import type { Static } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { Located } from '../read/download.ts';
import type { PresignRequest } from '../destinations/presign.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import { CollectionParams, noCollection } from './collections.ts';
import type { Downloads } from './downloads.ts';
import { problemAnswers } from '../../http/schemas/common.ts';
import { sendProblem } from '../../http/problem.ts';

export interface RecordingRoutesOptions {
  collection: (id: string) => CollectionSummary | undefined;
  locate: (summary: CollectionSummary) => Promise<Located>;
  presign: (request: PresignRequest) => Promise<string>;
  /** How long the URL of a recording in S3 is good for. */
  urlSeconds: number;
  /** Told who is given which recording. */
  downloads: Downloads;
}

interface Request {
  Params: Static<typeof CollectionParams>;
}

/** Each reads chunk by chunk, as fast as its client takes them. */
const maxDownloads = 20;

/** `GET` and `HEAD /api/v1/collections/{id}/recording`: the file itself, or where in S3 it is. */
export function recordingRoutes(options: RecordingRoutesOptions) {
  const { collection, locate, presign, urlSeconds, downloads } = options;
  let underWay = 0;

  const answer = async (request: FastifyRequest, reply: FastifyReply, summary: CollectionSummary) => {
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
    const located = await locate(summary);
    if (located.at === 'none')
      return sendProblem(reply, 'no-recording', located.why, { state: summary.state });
    if (located.at === 'gone') return sendProblem(reply, 'recording-gone', located.why);
    const { recording } = located;
    const disposition = `attachment; filename="${fileNameOf(summary)}"`;
    void reply.headers({
      'recording-source': located.at,
      ...(recording.simulated ? { 'recording-simulated': 'true' } : {}),
    });
    if (located.at === 's3') {
      const { place, key } = located;
      const url = await presign({ place, key, method, disposition, seconds: urlSeconds });
      // What is signed for HEAD reads nothing.
      if (method === 'GET') downloads.redirected(request, summary, urlSeconds);
      return reply.header('cache-control', 'no-store').redirect(url, 307);
    }
    if (method === 'GET' && underWay >= maxDownloads) {
      const detail = `${String(underWay)} recordings are being downloaded`;
      return sendProblem(reply.header('retry-after', '5'), 'too-many-downloads', detail);
    }
    const etag = `"${recording.sha256}"`;
    void reply.headers({
      etag,
      'content-disposition': disposition,
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'none',
      // A recording is a secret; and the same address has another one after a redrive.
      'cache-control': 'private, no-cache',
    });
    if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
    void reply.header('content-length', recording.bytes);
    if (method === 'HEAD') return reply.send();
    underWay += 1;
    const { at, open } = located;
    const sent = downloads.sending(request, reply, summary, { at, bytes: recording.bytes, open });
    const body = Readable.from(sent, { objectMode: false });
    body.once('close', () => (underWay -= 1));
    return reply.send(body);
  };

  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const handler = async (request: FastifyRequest<Request>, reply: FastifyReply) => {
      const summary = collection(request.params.id);
      return summary ? answer(request, reply, summary) : sendProblem(reply, 'not-found', noCollection);
    };
    const url = '/api/v1/collections/:id/recording';
    const config = { access: 'read' as const };
    app.route<Request>({
      ...{ method: 'HEAD', url, schema: headSchema, handler },
      config: { ...config, swagger: { exposeHeadRoute: true } },
    });
    app.route<Request>({
      ...{ method: 'GET', url, schema: getSchema, config, handler, exposeHeadRoute: false },
      onResponse: downloads.refused,
    });
    done();
  };
}

/** Safe in a header and on any disk: labels are anybody's. */
function fileNameOf({ pod, requestedAt, id }: CollectionSummary): string {
  const safe = (text: string) => text.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
  const time = requestedAt.replaceAll(/[-:]|\.\d+/g, '');
  return `${safe(pod)}_${safe(time)}_${safe(id.slice(0, 8))}.jfr`;
}

const headers = {
  etag: {
    type: 'string',
    description: 'sha256 of the recording, in hex; also to be sent back as `If-None-Match`.',
  },
  'recording-source': {
    type: 'string',
    description: '`destination`, `s3`, or `staging`: it is not at its destination (yet).',
  },
  'recording-simulated': { type: 'string', description: '`true`: a sample, not a recording of the pod.' },
};
const response = {
  307: {
    description: 'It is in S3: `Location` is a URL that is good for RECORDING_URL_SECONDS, for this method.',
    type: 'null',
    headers: { location: { type: 'string' }, 'recording-source': headers['recording-source'] },
  },
  304: { description: 'The client has it already.', type: 'null' },
};
const getSchema = {
  ...{ operationId: 'getRecording', tags: ['collections'], summary: 'The recording of a collection' },
  description:
    'A JDK Flight Recorder file. Where S3 keeps it, a redirect. Before it is at its destination, and while S3 is down, it is sent ' +
    'from where it waits. The connection is cut before the end of one that is damaged. Treat it as a secret.',
  params: CollectionParams,
  response: {
    ...response,
    200: {
      description: 'The file.',
      headers,
      content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
    },
    ...problemAnswers('not-found', 'no-recording', 'recording-gone', 'too-many-downloads', 'not-ready'),
  },
};
const headSchema = {
  ...{
    operationId: 'headRecording',
    tags: ['collections'],
    summary: 'Whether there is a recording, and how large',
  },
  description: 'What GET answers, without the body.',
  params: CollectionParams,
  response: {
    ...response,
    200: { description: 'There is one.', type: 'null', headers },
    ...problemAnswers('not-found', 'no-recording', 'recording-gone', 'not-ready'),
  },
};
