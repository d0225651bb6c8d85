import { createHmac } from 'node:crypto';
import type { Random } from '../../support/random.ts';
import { weighted } from './weighted.ts';

/** What the service under test asks of its senders: an open source, one with a token, one that signs, and alerts with titles. */
export const sources = (tokenFile: string, secretFile: string) => `sources:
  - { name: alertmanager }
  - { name: token, auth: { bearerFile: ${JSON.stringify(tokenFile)} } }
  - { name: signed, auth: { hmac: { secretFile: ${JSON.stringify(secretFile)} } } }
  - { name: alerts, format: alerts }
  - { name: alerts-signed, format: alerts, auth: { hmac: { secretFile: ${JSON.stringify(secretFile)} } } }
`;
export const secret = 'thirty-two-characters-are-a-secret';

/** Where a request goes, and as whom. */
export interface Route {
  path: string;
  format: 'alertmanager' | 'alerts' | 'action';
  headers: Record<string, string>;
  /** The status with which it is refused whatever its body is; `read`: once that is there. */
  refused?: { status: 401 | 403 | 421; when: 'before' | 'read' };
}

type Sign = (body: Buffer) => Route;

/** A route of every format and guard, a fifth of them with what is refused. Made for the bytes of a body. */
export function routeFor(random: Random): Sign {
  const to = weighted<Sign>(random, [
    [50, () => toSource('alertmanager', 'alertmanager', {})],
    [10, () => withToken(random)],
    [10, () => signed('signed', 'alertmanager', random)],
    [15, () => toSource(random.pick(['alerts', 'alerts/sync?waitSeconds=0']), 'alerts', keyOf(random))],
    [5, () => signed(random.pick(['alerts-signed', 'alerts-signed/sync?waitSeconds=0']), 'alerts', random)],
    [5, () => () => ({ path: random.pick(actions), format: 'action', headers: {} })],
  ]);
  const page = random.chance(0.05) ? random.pick(pages) : undefined;
  const host = random.chance(0.03) ? random.pick(hosts) : undefined;
  return (body) => {
    const route = to(body);
    const headers = { ...route.headers, ...page, ...(host === undefined ? {} : { host }) };
    const refuse = (status: 403 | 421): Route => ({ ...route, headers, refused: { status, when: 'before' } });
    // The API has a page of its own, which may act.
    if (route.format === 'action' && host !== undefined) return refuse(421);
    if (page && (route.format !== 'action' || page['sec-fetch-site'] !== 'same-origin')) return refuse(403);
    if (host !== undefined && !/token|signed/.test(route.path)) return refuse(421);
    return { ...route, headers };
  };
}

function toSource(name: string, format: Route['format'], headers: Record<string, string>): Sign {
  return () => ({ path: `/webhook/${name}`, format, headers });
}

function withToken(random: Random): Sign {
  const given = random.pick([`Bearer ${secret}`, `Bearer ${secret}`, `Bearer ${secret}x`, 'Bearer ', 'Basic eDp5', '']); // prettier-ignore
  const refused = given === `Bearer ${secret}` ? {} : { refused: { status: 401, when: 'before' } as const };
  return () => ({
    path: '/webhook/token',
    format: 'alertmanager',
    headers: { authorization: given },
    ...refused,
  });
}

function signed(name: string, format: Route['format'], random: Random): Sign {
  const path = `/webhook/${name}`;
  const key = keyOf(random);
  const wrong = random.pick(['no', 'no', 'none', 'other', 'cut'] as const);
  return (body) => {
    if (wrong === 'none') return { path, format, headers: key, refused: { status: 401, when: 'before' } };
    // What is signed is read as text.
    const text = body.toString('utf8') + (wrong === 'other' ? ' ' : '');
    const digest = createHmac('sha256', secret).update(text).digest('hex');
    const headers = { ...key, 'x-signature': `sha256=${wrong === 'cut' ? digest.slice(1) : digest}` };
    return { path, format, headers, ...(wrong !== 'no' ? { refused: { status: 401, when: 'read' } } : {}) };
  };
}

function keyOf(random: Random): Record<string, string> {
  return random.chance(0.3) ? { 'idempotency-key': random.pick(['a', '../b', 'x'.repeat(256), 'x'.repeat(257), '']) } : {}; // prettier-ignore
}

const pages: Record<string, string>[] = [
  ...['http://evil.example', 'null', '', 'http://localhost'].map((origin) => ({ origin })),
  ...['cross-site', 'same-site', 'same-origin', 'x'].map((site) => ({ 'sec-fetch-site': site })),
];
const hosts = ['evil.example', 'localhost.evil.example', '[::1', 'a b'];
const actions = [
  ...[
    '/api/v1/collections',
    '/api/v1/collections/redrive',
    '/api/v1/collections/x/redrive',
    '/api/v1/collections/%00/cancel',
  ],
  ...['/api/v1/collections/..%2f..%2fx/cancel', `/api/v1/collections/${'x'.repeat(99)}/redrive`],
];
