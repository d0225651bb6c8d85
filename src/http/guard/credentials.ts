import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secrets } from './secret-file.ts';

/** Headers of a request, as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The token of `Authorization: Bearer …`, also where it is the password of Basic (browsers ask for that by themselves). */
export function tokenOf(headers: Headers): string | undefined {
  const basic = basicOf(headers);
  return bearerOf(headers) ?? basic?.slice(basic.indexOf(':') + 1);
}

export function bearerOf({ authorization }: Headers): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(textOf(authorization))?.[1];
}

/** `user:password` */
export function basicOf({ authorization }: Headers): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(textOf(authorization)) ?? [];
  const decoded = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  return decoded?.includes(':') ? decoded : undefined;
}

/** True where it is one of the secrets. Takes the same time wherever they differ, and however long they are. */
export function isOneOf(given: string | undefined, secrets: Secrets): boolean {
  const digest = sha256(given ?? '');
  const matches = secrets().map((secret) => timingSafeEqual(digest, sha256(secret)));
  return given !== undefined && matches.includes(true);
}

/** How a sender signs its bodies. */
export interface Signature {
  header: string;
  algorithm: 'sha256' | 'sha512';
  /** What stands before the hex digits in the header, such as `sha256=`. */
  prefix: string;
  /** Header with the time of signing, in seconds since 1970; the signature is then that of `<time>.<body>`. */
  timestampHeader?: string | undefined;
  /** Older or newer than this is refused: somebody may send a request again that he has seen. */
  toleranceSeconds: number;
}

/** What the headers alone say against a signature, before the body is there; undefined where they say nothing. */
export function faultOfSigning(
  headers: Headers,
  { header, prefix, timestampHeader, toleranceSeconds }: Signature,
  nowMs: number,
): string | undefined {
  if (!headerOf(headers, header).startsWith(prefix)) return `there is no signature in the header ${header}`;
  if (timestampHeader === undefined) return undefined;
  const time = headerOf(headers, timestampHeader);
  const ageSeconds = Math.abs(nowMs / 1_000 - Number(time));
  if (/^\d+$/.test(time) && ageSeconds <= toleranceSeconds) return undefined;
  return `the time in the header ${timestampHeader} is not within ${String(toleranceSeconds)} s of now`;
}

/** Why a signature does not hold, or undefined where it does. */
export function faultOfSignature(
  headers: Headers,
  body: string,
  signature: Signature,
  secrets: Secrets,
  nowMs: number,
): string | undefined {
  const fault = faultOfSigning(headers, signature, nowMs);
  if (fault !== undefined) return fault;
  const { header, algorithm, prefix } = signature;
  const signed = signedText(headers, body, signature);
  const expected = () =>
    secrets().map((secret) => createHmac(algorithm, secret).update(signed).digest('hex'));
  const given = headerOf(headers, header).slice(prefix.length).toLowerCase();
  return isOneOf(given, expected)
    ? undefined
    : `the signature in the header ${header} is not that of this body`;
}

/** The same for the same signed text, and for no other: what is not signed says nothing about it. */
export function digestOfSigned(headers: Headers, body: string, signature: Signature): string {
  return sha256(signedText(headers, body, signature)).toString('hex');
}

function signedText(headers: Headers, body: string, { timestampHeader }: Signature): string {
  return timestampHeader === undefined ? body : `${headerOf(headers, timestampHeader)}.${body}`;
}

/** The first one; empty where there is none. */
export function headerOf(headers: Headers, name: string): string {
  return textOf([headers[name.toLowerCase()]].flat()[0]);
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
