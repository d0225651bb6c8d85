import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { CommandFailed, type exitCodes } from '../terminal/exit-codes.ts';
import type { Service } from './service.ts';

/** A service that is asked by HTTP. What it answers is checked; each request throws RemoteFailed where it does not get that. */
export interface Remote {
  url: string;
  get: <S extends TSchema>(path: string, schema: S) => Promise<Static<S>>;
  post: <S extends TSchema>(path: string, body: unknown, schema: S) => Promise<Static<S>>;
}

/** A service does not answer, or not with what was asked for. */
export class RemoteFailed extends CommandFailed {
  override readonly name = 'RemoteFailed';
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** The body of the answer, where it is JSON. */
  readonly body: unknown;
  /** What the service says is wrong. */
  readonly problem: string;

  constructor(message: string, status: number, body?: unknown) {
    super(howOf(status), message);
    this.status = status;
    this.body = body;
    this.problem = problemIn(body) ?? message;
  }
}

/** How long an answer may take, where nobody says. */
const defaultTimeoutMs = 15_000;

export interface RemoteSettings {
  signal?: AbortSignal;
  answerTimeoutMs?: number;
}

export function createRemote({ url, token }: Service, settings: RemoteSettings = {}): Remote {
  const ask = async <S extends TSchema>(path: string, schema: S, sent?: unknown): Promise<Static<S>> => {
    const init = sent === undefined ? {} : { method: 'POST', body: JSON.stringify(sent) };
    const type: Record<string, string> = sent === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { ...bearer(token), ...type };
    const { status, ok, body } = await exchange(url, path, { ...init, headers }, settings);
    if (ok && Value.Check(schema, body)) return body;
    const asked = `${sent === undefined ? 'GET' : 'POST'} ${url}${path.split('?', 1)[0] ?? ''}`;
    const said = ok ? 'this is no Alert Watcher, or another version of it' : problemIn(body);
    const problem = said === undefined ? '' : `: ${said}`;
    const hint = status === 401 ? ' (--token-file, or tokenFile of the context)' : '';
    throw new RemoteFailed(`${asked} was answered ${String(status)}${problem}${hint}`, status, body);
  };
  return {
    url,
    get: (path, schema) => ask(path, schema),
    post: (path, body, schema) => ask(path, schema, body),
  };
}

async function exchange(url: string, path: string, init: RequestInit, settings: RemoteSettings) {
  const { signal, answerTimeoutMs = defaultTimeoutMs } = settings;
  const within = AbortSignal.timeout(answerTimeoutMs);
  try {
    const response = await fetch(url + path, {
      // A token is not for wherever somebody is sent on to.
      ...{ ...init, redirect: 'manual' },
      signal: signal ? AbortSignal.any([signal, within]) : within,
    });
    const { status, ok } = response;
    return { status, ok, body: parseJson(await response.text()) };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RemoteFailed(nothingAnswers(url, error), 0);
  }
}

/** What to say where a request got no answer. */
export function nothingAnswers(url: string, error: unknown): string {
  const cause = causeOf(error);
  const isCertificate = /CERT|UNABLE_TO_|TLS/.test(cause);
  const hint = isCertificate
    ? 'name who signed its certificate (--ca-file)'
    : 'is the service running there?';
  return `${isCertificate ? 'no trusted service' : 'nothing'} answers at ${url} (${cause}): ${hint}`;
}

/** The header of a token, where there is one. */
export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** `fetch failed` says nothing; its cause does. */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : String(cause);
}

/** JSON, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const Problem = Type.Object({ detail: Type.String() });

/** What problem details (RFC 9457) say, where the service sent them. */
function problemIn(body: unknown): string | undefined {
  return Value.Check(Problem, body) ? body.detail.slice(0, 1_000) : undefined;
}

function howOf(status: number): keyof typeof exitCodes {
  if (status === 400) return 'wrongUse';
  if (status === 401 || status === 403) return 'notAllowed';
  if (status === 404 || status === 410) return 'notFound';
  return status === 409 ? 'failed' : 'unavailable';
}
