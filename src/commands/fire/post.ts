import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { setTimeout as delay } from 'node:timers/promises';
import { bearer, causeOf, nothingAnswers, parseJson } from '../remote/http.ts';
import { CommandFailed } from '../terminal/exit-codes.ts';

const Answer = Type.Object({
  accepted: Type.Number(),
  duplicates: Type.Number(),
  alerts: Type.Array(
    Type.Object({
      id: Type.Union([Type.String(), Type.Null()]),
      fingerprint: Type.Union([Type.String(), Type.Null()]),
      result: Type.String(),
      reason: Type.Optional(Type.String()),
    }),
  ),
});

/** What became of one webhook. */
export interface Posted {
  /** HTTP status of the last answer; 0 where there was none. */
  status: number;
  /** How often it was sent. */
  tries: number;
  answer?: Static<typeof Answer>;
  /** Why it was not accepted, as the service or the network says. */
  error?: string;
}

export interface PostOptions {
  /** `http://host:port` of the service. */
  url: string;
  /** Path of the source. */
  path: string;
  signal: AbortSignal;
  /** Of the source, where it wants one. */
  token?: string | undefined;
  /** Told before each repeat. */
  onRetry: (why: string) => void;
}

const answerTimeoutMs = 15_000;
/** As Alertmanager does: 10 to 12 times in a minute, the gaps growing from half a second to seven. */
const maxTries = 11;
const firstGapMs = 500;
const maxGapMs = 7_000;
const gapGrowth = 1.5;

/**
 * Posts a webhook as Alertmanager does: again after 5xx and where there is no answer, not after 4xx. Throws CommandFailed where
 * nothing listens at the very first attempt.
 */
export async function createPoster({ url, path, signal, token, onRetry }: PostOptions) {
  const endpoint = url + path;
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'alert-watcher-fire',
    ...bearer(token),
  };
  await assertListens(url, signal);
  return async (body: string): Promise<Posted> => {
    let posted: Posted = { status: 0, tries: 0 };
    for (let tries = 1; tries <= maxTries; tries += 1) {
      posted = { ...(await postOnce(endpoint, { headers, body }, signal)), tries };
      const comesBack = posted.status === 0 || posted.status >= 500;
      if (!comesBack || tries === maxTries || signal.aborted) break;
      onRetry(posted.error ?? String(posted.status));
      const gapMs = Math.min(maxGapMs, firstGapMs * gapGrowth ** (tries - 1));
      await delay(gapMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
    return posted;
  };
}

async function postOnce(
  endpoint: string,
  request: { headers: Record<string, string>; body: string },
  signal: AbortSignal,
): Promise<Omit<Posted, 'tries'>> {
  try {
    const response = await fetch(endpoint, {
      ...{ method: 'POST', redirect: 'manual', ...request },
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
    });
    const { status } = response;
    const text = await response.text();
    if (status !== 200) return { status, error: problemOf(status, text) };
    const answer = parseJson(text);
    if (Value.Check(Answer, answer)) return { status, answer };
    return { status, error: 'this is no Alert Watcher: its answer has another form' };
  } catch (error) {
    return { status: 0, error: causeOf(error) };
  }
}

/** A wrong address is told at once, and not after a minute of retries. */
async function assertListens(url: string, signal: AbortSignal): Promise<void> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    await (await fetch(`${url}/health`, { signal: within })).body?.cancel();
  } catch (error) {
    if (signal.aborted) return;
    throw new CommandFailed('unavailable', nothingAnswers(url, error));
  }
}

/** Problem details (RFC 9457) where the service sent them. */
function problemOf(status: number, text: string): string {
  const problem = parseJson(text);
  const detail = Value.Check(Type.Object({ detail: Type.String() }), problem) ? problem.detail : text.trim();
  return `${String(status)} ${detail.slice(0, 300)}`.trim();
}
