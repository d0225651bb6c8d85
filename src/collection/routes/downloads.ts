import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ByteRange } from '../../http/range.ts';
import { peerOf } from '../../http/refusals.ts';
import { fieldsAbout, type Logger } from '../../telemetry/logger.ts';
import { boundedNames, type Metrics } from '../../telemetry/metrics.ts';
import { loggable } from '../../telemetry/printable.ts';
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
  redirected: (
    request: FastifyRequest,
    summary: CollectionSummary,
    validSeconds: number,
    artefact: string | undefined,
  ) => void;
  /** A hook of the route: counts those that were not let in, or have to come again. Each leaves the line of a refusal. */
  refused: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/** The bytes of a recording, and where they come from. */
export interface Sent {
  at: string;
  bytes: number;
  /** Which of the bytes of the file; absent: all. */
  range?: ByteRange;
  /** Name of what lies beside the recording; absent: the recording itself. */
  artefact?: string;
  open: () => AsyncIterable<Uint8Array>;
}

const anonymous = 'anonymous';
const outcomes: DownloadOutcome[] = ['whole', 'partial', 'redirected', 'refused'];
/** Of the metric's label. Names come from files, which may change often. */
const maxClients = 100;

/** What is not there, and what failed, is not refused. */
const isRefused = (status: number) => status >= 400 && ![404, 410, 500].includes(status);

const wordOf = (artefact: string | undefined) => (artefact === undefined ? 'a recording' : 'an artefact');
const named = (artefact: string | undefined) =>
  artefact === undefined ? {} : { artefact: loggable(artefact) };

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
    sending: (request, reply, summary, { at, bytes, range, artefact, open }) => {
      const began = performance.now();
      let sentBytes = 0;
      reply.raw.once('close', () => {
        const isWhole = reply.raw.writableFinished && sentBytes === bytes;
        const tookMs = Math.round(performance.now() - began);
        const what = wordOf(artefact);
        const how = isWhole ? `${range ? 'a part of ' : ''}${what} was downloaded` : `the download of ${what} was cut off`; // prettier-ignore
        const outcome = isWhole && !range ? 'whole' : 'partial';
        tell(request, summary, how, { outcome, recordingSource: at, ...named(artefact), ...(range && { from: range.from }), bytes, sentBytes, tookMs }); // prettier-ignore
      });
      return (async function* counting() {
        for await (const part of open()) {
          sentBytes += part.length;
          yield part;
        }
      })();
    },
    redirected: (request, summary, validSeconds, artefact) =>
      tell(request, summary, `a link to ${wordOf(artefact)} in S3 was given out`, { outcome: 'redirected', recordingSource: 's3', ...named(artefact), validSeconds }), // prettier-ignore
    refused: async (request, { statusCode }) => {
      if (isRefused(statusCode)) count(request, 'refused');
      return Promise.resolve();
    },
  };
}
