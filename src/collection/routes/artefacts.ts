import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../../http/problem.ts';
import { problemAnswers } from '../../http/schemas/common.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import type { Located } from '../read/download.ts';
import { CollectionParams, noCollection } from './collections.ts';
import { fileAnswers, headAnswers, RangeHeaders, type RecordingRoutesOptions } from './recording.ts';
import { fileNameOf } from './send-file.ts';

const ArtefactParams = Type.Object({
  ...CollectionParams.properties,
  name: Type.String({ description: '`name` of one of `artefacts` or `stagedArtefacts` of the collection.' }),
});
interface Request {
  Params: Static<typeof ArtefactParams>;
}

export interface ArtefactRoutesOptions extends Omit<RecordingRoutesOptions, 'locate'> {
  locate: (summary: CollectionSummary, name: string) => Promise<Located>;
}

/** `GET` and `HEAD /api/v1/collections/{id}/artefacts/{name}`: what lies beside a recording. */
export function artefactRoutes({ collection, locate, send, refused }: ArtefactRoutesOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const handler = async (request: FastifyRequest<Request>, reply: FastifyReply) => {
      const { id, name: artefact } = request.params;
      const summary = collection(id);
      if (!summary) return sendProblem(reply, 'not-found', noCollection);
      const located = await locate(summary, artefact);
      if (located.at === 'none') return sendProblem(reply, 'not-found', located.why);
      if (located.at === 'gone') return sendProblem(reply, 'recording-gone', located.why);
      return send(request, reply, { summary, located, artefact, fileName: fileNameOf(summary, `_${artefact}`) }); // prettier-ignore
    };
    const url = '/api/v1/collections/:id/artefacts/:name';
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

const tags = ['collections'];
const getSchema = {
  ...{ operationId: 'getArtefact', tags, summary: 'A file beside the recording of a collection' },
  description: 'What a crashed JVM left: a log, a dump. Sent as the recording is. Treat it as a secret.',
  params: ArtefactParams,
  headers: RangeHeaders,
  response: {
    ...fileAnswers,
    ...problemAnswers(
      ...(['not-found', 'recording-gone', 'range-not-satisfiable'] as const),
      ...(['too-many-downloads', 'not-ready'] as const),
    ),
  },
};
const headSchema = {
  ...{ operationId: 'headArtefact', tags, summary: 'Whether there is such a file, and how large' },
  description: 'What GET answers, without the body.',
  params: ArtefactParams,
  response: { ...headAnswers, ...problemAnswers('not-found', 'recording-gone', 'not-ready') },
};
