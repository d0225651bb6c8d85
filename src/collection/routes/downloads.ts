import type { FastifyReply, FastifyRequest } from 'fastify';
import { peerOf } from '../../http/refusals.ts';
import { fieldsAbout, type Logger } from '../../telemetry/logger.ts';
import { boundedNames, type Metrics } from '../../telemetry/metrics.ts';
import type { CollectionSummary } from '../pod/summary.ts';

/** What became of a request for a recording. `redirected`: its client got a URL with which anybody can read it from S3. */
export type DownloadOutcome = 'whole' | 'partial' | 'redirected' | 'refused';

/** The log of who was given which recording. */
export interface Downloads {
  /** A recording is sent now; told at the end. Passes its bytes on. */
  sending: (
    request: FastifyRequest,
    reply: FastifyReply,
    summary: CollectionSummary,
    sent: Sent,
  ) => AsyncIterable<Uint8Array>;
  redirected: (request: FastifyRequest, summary: CollectionSummary, validSeconds: number) => void;
  /** A hook of the route: counts those that were not let in, or have to come again. Each leaves the line of a refusal. */
  refused: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/** The bytes of a recording, and where they come from. */
export interface Sent {
  at: string;
  bytes: number;
  open: () => AsyncIterable<Uint8Array>;
}

const anonymous = 'anonymous';
const outcomes: DownloadOutcome[] = ['whole', 'partial', 'redirected', 'refused'];
/** Of the metric's label. Names come from files, which may change often. */
const maxClients = 100;

/** What is not there, and what failed, is not refused. */
const isRefused = (status: number) => status >= 400 && ![404, 410, 500].includes(status);

export function createDownloads(logger: Logger, { counter }: Pick<Metrics, 'counter'>): Downloads {
  const clientName = boundedNames(maxClients);
  const counted = counter(
    'recording_downloads_total',
    'Requests for recordings, by who asked and what became of them.',
    ['client', 'outcome'],
    outcomes.map((outcome) => ({ client: clientName(anonymous), outcome })),
  );
  const count = ({ client = anonymous }: FastifyRequest, outcome: DownloadOutcome) =>
    counted.inc({ client: clientName(client), outcome });
  const tell = (
    request: FastifyRequest,
    summary: CollectionSummary,
    sentence: string,
    fields: { outcome: DownloadOutcome } & Record<string, unknown>,
  ) => {
    count(request, fields.outcome);
    const { alertname, kubeContext, namespace, pod, id: collectionId } = summary;
    const about = fieldsAbout({ alertname, kubeContext, namespace, pod, collectionId });
    const { client = anonymous, id: requestId } = request;
    logger.info({ ...about, client, peer: peerOf(request), requestId, ...fields }, sentence);
  };

  return {
    sending: (request, reply, summary, { at, bytes, open }) => {
      const began = performance.now();
      let sentBytes = 0;
      reply.raw.once('close', () => {
        const isWhole = reply.raw.writableFinished && sentBytes === bytes;
        const tookMs = Math.round(performance.now() - began);
        const how = isWhole ? 'a recording was downloaded' : 'the download of a recording was cut off';
        tell(request, summary, how, { outcome: isWhole ? 'whole' : 'partial', recordingSource: at, bytes, sentBytes, tookMs }); // prettier-ignore
      });
      return (async function* counting() {
        for await (const part of open()) {
          sentBytes += part.length;
          yield part;
        }
      })();
    },
    redirected: (request, summary, validSeconds) =>
      tell(request, summary, 'a link to a recording in S3 was given out', { outcome: 'redirected', recordingSource: 's3', validSeconds }), // prettier-ignore
    refused: async (request, { statusCode }) => {
      if (isRefused(statusCode)) count(request, 'refused');
      return Promise.resolve();
    },
  };
}
