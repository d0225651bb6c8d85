import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { Located } from '../collection/download.ts';
import type { PresignRequest } from '../collection/destinations/presign.ts';
import type { CollectionSummary } from '../collection/summaries.ts';
import { noCollection } from './collections.ts';
import { sendProblem } from './problem.ts';

const Params = Type.Object({ id: Type.String({ description: 'Id of the collection.' }) });

export interface RecordingRoutesOptions {
  collection: (id: string) => CollectionSummary | undefined;
  locate: (summary: CollectionSummary) => Promise<Located>;
  presign: (request: PresignRequest) => Promise<string>;
  /** How long the URL of a recording in S3 is good for. */
  urlSeconds: number;
}

/** Each reads chunk by chunk, as fast as its client takes them. */
const maxDownloads = 20;

/** `GET` and `HEAD /api/v1/collections/{id}/recording`: the file itself, or where in S3 it is. */
export function recordingRoutes({ collection, locate, presign, urlSeconds }: RecordingRoutesOptions) {
  let downloads = 0;

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
      return reply.header('cache-control', 'no-store').redirect(url, 307);
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
    if (downloads >= maxDownloads) {
      void reply
        .removeHeader('content-length')
        .removeHeader('content-disposition')
        .header('retry-after', '5');
      return sendProblem(reply, 'too-many-downloads', `${String(downloads)} recordings are being downloaded`);
    }
    downloads += 1;
    const body = Readable.from(located.open(), { objectMode: false });
    body.once('close', () => (downloads -= 1));
    return reply.send(body);
  };

  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.route<{ Params: Static<typeof Params> }>({
      method: ['GET', 'HEAD'],
      url: '/api/v1/collections/:id/recording',
      schema: { params: Params },
      config: { access: 'read' },
      handler: async (request, reply) => {
        const summary = collection(request.params.id);
        return summary ? answer(request, reply, summary) : sendProblem(reply, 'not-found', noCollection);
      },
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
