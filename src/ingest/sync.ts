import { Type } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AlertReceivedData } from '../events/data/alert.ts';
import { sendProblem } from '../http/problem.ts';
import { BadQuery } from '../http/query.ts';
import { AlertsEnded } from './schemas.ts';
import { jsonAnswer, problemAnswers, refTo } from '../http/schemas/common.ts';
import type { IngestMetrics } from './metrics.ts';
import type { AlertResult } from './accept.ts';
import type { Body } from './bodies/bodies.ts';
import type { ParsedAlert } from './formats/parsed.ts';
import { type AlertSource, answerResults, headerOf, type Receive, type Received } from './receive.ts';

/** A stored alert whose end somebody waits for. */
export interface AwaitedAlert {
  id: string | null;
  alert: AlertReceivedData;
  /** False: it was on the stream before. */
  isNew: boolean;
}

/** What an alert has led to so far. */
export interface AwaitedEnding {
  /** Nothing more comes of it, as far as it can be told now. */
  ended: boolean;
  collectionId?: string;
}

/** Reads the stream from when it was opened, so that no decision is missed. */
export interface AlertWaiting {
  /** Resolves when all have ended, the time is over or the signal says so; one for each, in their order. */
  until: (
    alerts: readonly AwaitedAlert[],
    timeoutMs: number,
    signal: AbortSignal,
  ) => Promise<AwaitedEnding[]>;
  close: () => void;
}

export interface SyncOptions {
  /** Absent: this process reads no log. Throws what passes by itself. */
  openWaiting?: () => Promise<AlertWaiting>;
  /** Requests at once. */
  maxRequests: number;
}

interface Deps {
  metrics: IngestMetrics;
  /** The service stops: who waits is answered. */
  stopping: AbortSignal;
}

const defaultSeconds = 30;
const maxSeconds = 300;

/** Makes handlers that store the alerts of a body and answer when what they led to has ended, or the time is over. */
export function createSync({ openWaiting, maxRequests }: SyncOptions, { metrics, stopping }: Deps) {
  let open = 0;
  const count = (change: number) => {
    open += change;
    metrics.syncRequests.set(open);
  };
  const waitAndAnswer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { alerts, store }: Received,
    { until }: AlertWaiting,
  ): Promise<FastifyReply> => {
    const results = await store();
    if (!results) return reply;
    // It is no longer needed.
    (request.body as Body).release();
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const end = AbortSignal.any([gone.signal, stopping]);
    const timeoutMs = waitSecondsOf(request) * 1_000;
    return answer(reply, alerts, results, async (awaited) => {
      const endings = await until(awaited, timeoutMs, end);
      // The server waits for connections that stay open.
      if (stopping.aborted) reply.header('connection', 'close');
      return endings;
    });
  };
  return (receive: Receive) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      if (!openWaiting) return sendProblem(reply, 'not-found', readsNoLog);
      // Before anything is stored.
      waitSecondsOf(request);
      if (open >= maxRequests) {
        metrics.webhooksRefused.inc({ code: 'too-many-waiting' });
        return sendProblem(
          reply,
          'too-many-waiting',
          open === 1 ? '1 request waits already' : `${String(open)} requests wait already`,
        );
      }
      count(1);
      try {
        const received = await receive(request, reply);
        if (!received) return await reply;
        const waiting = await openWaiting();
        try {
          return await waitAndAnswer(request, reply, received, waiting);
        } finally {
          waiting.close();
        }
      } finally {
        count(-1);
      }
    };
}

const awaited: ReadonlySet<string> = new Set(['accepted', 'renewed', 'duplicate']);

async function answer(
  reply: FastifyReply,
  alerts: readonly ParsedAlert[],
  results: readonly AlertResult[],
  wait: (alerts: AwaitedAlert[]) => Promise<AwaitedEnding[]>,
): Promise<FastifyReply> {
  const stored = alerts.map((parsed, index): AwaitedAlert | undefined => {
    const { id, result } = results[index] ?? {};
    if (!('alert' in parsed) || !result || !awaited.has(result)) return undefined;
    return { id: id ?? null, alert: parsed.alert, isNew: result !== 'duplicate' };
  });
  const endings = (await wait(stored.filter((each) => each !== undefined))).values();
  const told = stored.map((each, index) => {
    const outcome = each && endings.next().value;
    const result = results[index] as AlertResult;
    return outcome ? { ...result, outcome, links: linksOf(result, outcome) } : result;
  });
  const ended = told.every((each) => !('outcome' in each) || each.outcome.ended);
  return answerResults(reply, told, ended ? 200 : 202, { ended });
}

function linksOf({ id }: AlertResult, { collectionId }: AwaitedEnding) {
  return {
    ...(id === null ? {} : { alert: `/api/v1/alerts/${id}` }),
    ...(collectionId === undefined ? {} : { collection: `/api/v1/collections/${collectionId}` }),
  };
}

/** `?waitSeconds=`, else `Prefer: wait=` (RFC 7240). Throws BadQuery. */
function waitSecondsOf(request: FastifyRequest): number {
  const { waitSeconds } = request.query as Record<string, unknown>;
  if (waitSeconds === undefined) {
    const [, preferred] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})/i.exec(headerOf(request, 'prefer') ?? '') ?? [];
    return preferred === undefined ? defaultSeconds : Math.min(Number(preferred), maxSeconds);
  }
  const seconds =
    typeof waitSeconds === 'string' && /^\d+(\.\d+)?$/.test(waitSeconds) ? Number(waitSeconds) : NaN;
  if (seconds <= maxSeconds) return seconds;
  throw new BadQuery('waitSeconds', `Expected a number of seconds from 0 to ${String(maxSeconds)}`);
}

const readsNoLog =
  'this process only takes alerts in and reads no log, so that it cannot wait for what they lead to: send to the path ' +
  'without /sync, or to a process with another role, such as api';

export function syncSchema({ name, format }: AlertSource) {
  return {
    ...{ tags: ['alerts'], summary: `${format.summary}, and what they led to` },
    operationId: `receiveAlertsAndWaitFrom_${name}`,
    description:
      'The same as without `/sync`, but it answers when the alerts are decided and the recordings that they led to are ' +
      'uploaded or have failed (200), or when the time is over before that (202). Either way every alert is on the stream.',
    querystring: Type.Object({
      waitSeconds: Type.Optional(
        Type.Number({
          ...{ minimum: 0, maximum: maxSeconds, default: defaultSeconds },
          description: 'To wait so long at most. Without it, `Prefer: wait=SECONDS` (RFC 7240) is honoured.',
        }),
      ),
    }),
    body: format.body,
    response: {
      200: jsonAnswer('What became of each alert. All have ended.', refTo(AlertsEnded)),
      202: jsonAnswer('What became of each alert so far. Links lead to the rest.', refTo(AlertsEnded)),
      ...problemAnswers(
        ...([
          'bad-request',
          'not-json',
          format.fault,
          'all-alerts-rejected',
          'body-too-large',
          'too-many-alerts',
          'body-too-complex',
        ] as const),
        ...([
          'unauthorized',
          'forbidden',
          'unknown-host',
          'not-found',
          'rate-limited',
          'overloaded',
          'body-too-slow',
        ] as const),
        ...(['stream-unavailable', 'not-ready', 'too-many-waiting'] as const),
      ),
    },
  };
}
