import type { FastifyRequest } from 'fastify';
import { addressesIn } from './addresses.ts';
import { hasClientName } from './client-names.ts';
import { basicOf, bearerOf, headerOf, type Headers, isOneOf } from './credentials.ts';
import { type HostCheck, unknownHost } from './hosts.ts';
import { asksForCredential, type AuthConfig, type SourceConfig } from './options.ts';
import { rateLimit } from './rate.ts';
import type { Refusal } from './refusal.ts';
import { type SecretFileDeps, secretFile } from './secret-file.ts';
import { guardSigning } from './signing.ts';
import { nameOf, tokenFile } from './tokens.ts';
import { isOfPage } from './web-page.ts';

/** What a source asks of its senders. */
export interface SourceGuard {
  /** Asked before the body is read. Undefined: go on. */
  admit: (request: Pick<FastifyRequest, 'ip' | 'headers' | 'raw'>) => Refusal | undefined;
  /** Asked when the body is there. */
  verify: (headers: Headers, body: string) => Refusal | undefined;
  /** What names a request, so that it is known when it is sent again; empty where nothing does. */
  idempotencyKey: (headers: Headers, body: string) => string;
}

export interface GuardDeps extends SecretFileDeps {
  /** Milliseconds since 1970. */
  now: () => number;
  /** The names that are answered where no credential is asked for. */
  isKnownHost: HostCheck;
}

type Check = SourceGuard['admit'];
type Rate = NonNullable<SourceConfig['rate']>;

/** Builds the checks of a source, the cheap ones first. Throws where a file of secrets cannot be read. */
export function guardSource({ name, auth = {}, allow, rate }: SourceConfig, deps: GuardDeps): SourceGuard {
  // A page may post text to anybody whom its browser reaches. No sender of alerts is a page.
  const ofPage = forbidden('a web page sends this: it has an Origin or Sec-Fetch-Site header');
  const checks: Check[] = [({ headers }) => (isOfPage(headers) ? ofPage : undefined)];
  if (!asksForCredential(auth)) {
    checks.push(({ headers: { host } }) =>
      deps.isKnownHost(host) ? undefined : unknownHost(`source ${name}`, host),
    );
  }
  if (allow) {
    const isAllowed = addressesIn(allow);
    checks.push(({ ip }) => (isAllowed(ip) ? undefined : forbidden(`${ip} may not send to source ${name}`)));
  }
  checks.push(...credentialChecks(name, auth, deps));
  const signing = auth.hmac && guardSigning(auth.hmac, deps);
  if (signing) checks.push(signing.admit);
  const limit = rate && limitOf(name, rate);
  // Last: who may not send must not use up the places of who may. A signature is known with the body only.
  if (limit && !signing) checks.push(limit);
  return {
    admit: (request) => firstOf(checks, request),
    verify: (headers, body) => signing?.verify(headers, body) ?? (signing && limit?.()),
    idempotencyKey: signing?.idempotencyKey ?? ((headers) => headerOf(headers, 'idempotency-key')),
  };
}

function credentialChecks(
  name: string,
  { bearerFile, basicFile, clientNames }: AuthConfig,
  deps: GuardDeps,
): Check[] {
  const checks: Check[] = [];
  if (clientNames) {
    const refusal = forbidden(`source ${name} wants a client certificate of a name that it knows`);
    checks.push(({ raw }) => (hasClientName(raw.socket, clientNames) ? undefined : refusal));
  }
  if (bearerFile !== undefined) {
    const tokens = tokenFile(bearerFile, 'bearerFile', deps);
    const refusal = unauthorized(`source ${name} wants Authorization: Bearer and its token`, 'Bearer');
    checks.push(({ headers }) => (nameOf(bearerOf(headers), tokens) === undefined ? refusal : undefined));
  }
  if (basicFile !== undefined) {
    const secrets = secretFile(basicFile, deps);
    const refusal = unauthorized(`source ${name} wants its user and password`, 'Basic');
    checks.push(({ headers }) => (isOneOf(basicOf(headers), secrets) ? undefined : refusal));
  }
  return checks;
}

function forbidden(detail: string): Refusal {
  return { code: 'forbidden', detail };
}

function unauthorized(detail: string, scheme: string): Refusal {
  return { code: 'unauthorized', detail, scheme };
}

function limitOf(name: string, { perSecond, burst = Math.max(1, Math.ceil(perSecond)) }: Rate) {
  const take = rateLimit(perSecond, burst, () => performance.now());
  const detail = `source ${name} sends more than ${String(perSecond)} ${perSecond === 1 ? 'request' : 'requests'} a second`;
  return (): Refusal | undefined => (take() ? undefined : { code: 'rate-limited', detail });
}

function firstOf(checks: readonly Check[], request: Parameters<Check>[0]): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(request);
    if (refusal) return refusal;
  }
  return undefined;
}
