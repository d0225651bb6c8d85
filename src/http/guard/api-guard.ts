import type { FastifyReply, FastifyRequest } from 'fastify';
import { tokenOf } from './credentials.ts';
import { unknownHost } from './hosts.ts';
import { type AccessConfig, asksForToken } from './options.ts';
import { type Refusal, sendRefusal } from './refusal.ts';
import type { GuardDeps } from './source-guard.ts';
import { nameOf, type Tokens, tokenFile } from './tokens.ts';
import { isOfOtherPage } from './web-page.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the token that a request showed; absent where none was asked for, or none was right. */
    client?: string;
  }
}

/** What the API asks of who reads and acts. */
export interface ApiGuard {
  /** A hook for every route. */
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** Asked again of a request that is answered for long: false where it would be refused by now. */
  isAdmitted: (request: FastifyRequest) => boolean;
}

/**
 * Lets only those read and act who have a token, where one is configured. Who may act may read. Where none is, a
 * page that has its name point to this address (DNS rebinding) is told from the others by that name. Throws where a file of
 * tokens cannot be read.
 */
export function guardApi(access: AccessConfig, deps: GuardDeps): ApiGuard {
  const { readTokenFile, actTokenFile } = access;
  const readTokens = readTokenFile === undefined ? none : tokenFile(readTokenFile, 'readTokenFile', deps);
  const actTokens = actTokenFile === undefined ? none : tokenFile(actTokenFile, 'actTokenFile', deps);
  const isOpen = !asksForToken(access);

  /** Notes whose token it is. */
  const refusalOf = (request: FastifyRequest): Refusal | undefined => {
    const { routeOptions, headers, host } = request;
    const { access } = routeOptions.config;
    if (access !== 'read' && access !== 'act') return undefined;
    // Not the host that a proxy names: a page may set that header.
    if (isOpen && !deps.isKnownHost(headers.host)) return unknownHost('the API', headers.host);
    if (access === 'act' && isOfOtherPage(headers, host)) return { code: 'forbidden', detail: ofOtherPage };
    if (isOpen) return undefined;
    const token = tokenOf(headers);
    const [reader, actor] = [nameOf(token, readTokens), nameOf(token, actTokens)];
    const client = actor ?? reader;
    if (client !== undefined) request.client = client;
    if (access === 'act' && actor === undefined && reader !== undefined)
      return { code: 'forbidden', detail: 'this token may read and not act' };
    if (client !== undefined) return undefined;
    // Browsers ask for a user and a password then; the password is the token.
    const detail = 'a token is wanted: Authorization: Bearer, or Basic with the token as its password';
    return { code: 'unauthorized', detail, scheme: 'Basic' };
  };

  return {
    admit: async (request, reply) => {
      const refusal = refusalOf(request);
      return refusal && sendRefusal(reply, refusal);
    },
    isAdmitted: (request) => refusalOf(request) === undefined,
  };
}

const ofOtherPage =
  'a page of another site may not do this: Origin is not the Host (which a proxy in between must pass on)';
const none: Tokens = () => [];
