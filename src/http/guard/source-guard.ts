import type { FastifyRequest } from 'fastify';
import { addressesIn } from './addresses.ts';
import { hasClientName } from './client-names.ts';
import { basicOf, bearerOf, faultOfSignature, type Headers, isOneOf } from './credentials.ts';
import { type HostCheck, unknownHost } from './hosts.ts';
import { asksForCredential, type SourceConfig } from './options.ts';
import { rateLimit } from './rate.ts';
import type { Refusal } from './refusal.ts';
import { type Secrets, secretFile } from './secret-file.ts';
import { isOfPage } from './web-page.ts';

/** What a source asks of its senders. */
export interface SourceGuard {
  /** Asked before the body is read. Undefined: go on. */
  admit: (request: Pick<FastifyRequest, 'ip' | 'headers' | 'raw'>) => Refusal | undefined;
  /** Asked when the body is there. */
  verify: (headers: Headers, body: string) => Refusal | undefined;
}

export interface GuardDeps {
  /** A file of secrets can no longer be read; what it said last holds. */
  onUnreadable: (error: unknown) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  /** The names that are answered where no credential is asked for. */
  isKnownHost: HostCheck;
}

type Check = SourceGuard['admit'];

/** Builds the checks of a source, the cheap ones first. Throws where a file of secrets cannot be read. */
export function guardSource({ name, auth = {}, allow, rate }: SourceConfig, deps: GuardDeps): SourceGuard {
  const forbidden = (detail: string): Refusal => ({ code: 'forbidden', detail });
  // A page may post text to anybody whom its browser reaches. No sender of alerts is a page.
  const ofPage = forbidden('a web page sends this: it has an Origin or Sec-Fetch-Site header');
  const checks: Check[] = [({ headers }) => (isOfPage(headers) ? ofPage : undefined)];
  if (!asksForCredential(auth)) {
    checks.push(({ headers: { host } }) =>
      deps.isKnownHost(host) ? undefined : unknownHost(`source ${name}`, host),
    );
  }
  const unauthorized = (detail: string, scheme: string): Refusal => ({
    code: 'unauthorized',
    detail,
    scheme,
  });
  if (allow) {
    const isAllowed = addressesIn(allow);
    checks.push(({ ip }) => (isAllowed(ip) ? undefined : forbidden(`${ip} may not send to source ${name}`)));
  }
  const { bearerFile, basicFile, hmac, clientNames } = auth;
  if (clientNames) {
    checks.push(({ raw }) => {
      if (hasClientName(raw.socket, clientNames)) return undefined;
      return forbidden(`source ${name} wants a client certificate of a name that it knows`);
    });
  }
  if (bearerFile !== undefined) {
    const secrets = secretFile(bearerFile, deps.onUnreadable);
    const refusal = unauthorized(`source ${name} wants Authorization: Bearer and its token`, 'Bearer');
    checks.push(({ headers }) => (isOneOf(bearerOf(headers), secrets) ? undefined : refusal));
  }
  if (basicFile !== undefined) {
    const secrets = secretFile(basicFile, deps.onUnreadable);
    const refusal = unauthorized(`source ${name} wants its user and password`, 'Basic');
    checks.push(({ headers }) => (isOneOf(basicOf(headers), secrets) ? undefined : refusal));
  }
  // Last: who may not send must not use up the places of who may.
  if (rate) {
    const { perSecond, burst = Math.max(1, Math.ceil(perSecond)) } = rate;
    const take = rateLimit(perSecond, burst, () => performance.now());
    const detail = `source ${name} sends more than ${String(perSecond)} requests a second`;
    checks.push(() => (take() ? undefined : { code: 'rate-limited', detail }));
  }
  const secrets = hmac && secretFile(hmac.secretFile, deps.onUnreadable);
  return {
    admit: (request) => firstOf(checks, request),
    verify: (headers, body) => hmac && secrets && verify(headers, body, hmac, secrets, deps.now()),
  };
}

function firstOf(checks: readonly Check[], request: Parameters<Check>[0]): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(request);
    if (refusal) return refusal;
  }
  return undefined;
}

function verify(
  headers: Headers,
  body: string,
  hmac: NonNullable<NonNullable<SourceConfig['auth']>['hmac']>,
  secrets: Secrets,
  nowMs: number,
): Refusal | undefined {
  const { header = 'x-signature', algorithm = 'sha256', prefix = `${algorithm}=`, timestampHeader } = hmac;
  const { toleranceSeconds = 300 } = hmac;
  const signature = { header, algorithm, prefix, timestampHeader, toleranceSeconds };
  const detail = faultOfSignature(headers, body, signature, secrets, nowMs);
  return detail === undefined ? undefined : { code: 'unauthorized', detail, scheme: 'HMAC' };
}
