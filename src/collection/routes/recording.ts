import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Located } from '../read/download.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import { CollectionParams, noCollection } from './collections.ts';
import type { Downloads } from './downloads.ts';
import { fileNameOf, type SendFile } from './send-file.ts';
import { problemAnswers } from '../../http/schemas/common.ts';
import { sendProblem } from '../../http/problem.ts';

export interface RecordingRoutesOptions {
  collection: (id: string) => CollectionSummary | undefined;
  locate: (summary: CollectionSummary) => Promise<Located>;
  send: SendFile;
  /** Told of requests that are refused. */
  refused: Downloads['refused'];
}

interface Request {
  Params: Static<typeof CollectionParams>;
}

/** `GET` and `HEAD /api/v1/collections/{id}/recording`: the file itself, or where in S3 it is. */
export function recordingRoutes({ collection, locate, send, refused }: RecordingRoutesOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const handler = async (request: FastifyRequest<Request>, reply: FastifyReply) => {
      const summary = collection(request.params.id);
      if (!summary) return sendProblem(reply, 'not-found', noCollection);
      const located = await locate(summary);
      if (located.at === 'none')
        return sendProblem(reply, 'no-recording', located.why, { state: summary.state });
      if (located.at === 'gone') return sendProblem(reply, 'recording-gone', located.why);
      return send(request, reply, { summary, located, fileName: fileNameOf(summary, '.jfr') });
    };
    const url = '/api/v1/collections/:id/recording';
    const config = { access: 'read' as const };
    app.route<Request>({
      ...{ method: 'HEAD', url, schema: headSchema, handler },
      config: { ...config, swagger: { exposeHeadRoute: true } },
    });
    app.route<Request>({
      ...{ method: 'GET', url, schema: getSchema, config, handler, exposeHeadRoute: false },
      onResponse: refused,
    });
    done();
  };
}

const described = {
  etag: {
    type: 'string',
    description: 'sha256 of the file, in hex; also to be sent back as `If-None-Match` or `If-Range`.',
  },
  'recording-source': {
    type: 'string',
    description: '`destination`, `s3`, or `staging`: it is not at its destination (yet).',
  },
  'recording-simulated': { type: 'string', description: '`true`: a sample, not a recording of the pod.' },
};
/** What all files of collections are answered with, besides the file. */
const elsewhere = {
  307: {
    description: 'It is in S3: `Location` is a URL that is good for RECORDING_URL_SECONDS, for this method.',
    type: 'null',
    headers: { location: { type: 'string' }, 'recording-source': described['recording-source'] },
  },
  304: { description: 'The client has it already.', type: 'null' },
};
const content = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
const part = { ...described, 'content-range': { type: 'string', description: 'Which bytes of how many.' } };

/** How GET answers with a file, and HEAD. */
export const fileAnswers = {
  ...elsewhere,
  200: { description: 'The file.', headers: described, content },
  206: { description: 'The part that `Range` asks for.', headers: part, content },
};
export const headAnswers = {
  ...elsewhere,
  200: { description: 'There is one.', type: 'null', headers: described },
};

/** The headers of a request that ask for a part. */
export const RangeHeaders = Type.Object({
  range: Type.Optional(
    Type.String({
      description: 'One part: `bytes=0-999`, `bytes=1000-`, `bytes=-500`. Several: all is sent.',
    }),
  ),
  'if-range': Type.Optional(
    Type.String({ description: 'The `etag` that the part is of. If it is another file now, all is sent.' }),
  ),
});

const getSchema = {
  ...{ operationId: 'getRecording', tags: ['collections'], summary: 'The recording of a collection' },
  description:
    'A JDK Flight Recorder file, or a part of it. Where S3 keeps it, a redirect. Before it is at its destination, and while S3 is down, it is sent ' +
    'from where it waits. The connection is cut before the end of one that is damaged; a part without that end is not checked. ' +
    'Treat it as a secret.',
  params: CollectionParams,
  headers: RangeHeaders,
  response: {
    ...fileAnswers,
    ...problemAnswers(
      ...(['not-found', 'no-recording', 'recording-gone'] as const),
      ...(['range-not-satisfiable', 'too-many-downloads', 'not-ready'] as const),
    ),
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
    ...headAnswers,
    ...problemAnswers('not-found', 'no-recording', 'recording-gone', 'not-ready'),
  },
};
