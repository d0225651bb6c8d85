import type { FastifyReply, FastifyRequest } from 'fastify';
import { isOneOf, tokenOf } from './credentials.ts';
import type { AccessConfig } from './options.ts';
import { type Refusal, sendRefusal } from './refusal.ts';
import { type Secrets, secretFile } from './secret-file.ts';
import type { GuardDeps } from './source-guard.ts';

/**
 * A hook that lets only those read and act who have a token, where one is configured. Who may act may read. Throws where a
 * file of tokens cannot be read.
 */
export function guardApi({ readTokenFile, actTokenFile }: AccessConfig, { onUnreadable }: GuardDeps) {
  const files = [readTokenFile, actTokenFile].map((path) => (path === undefined ? none : secretFile(path, onUnreadable))); // prettier-ignore
  const [readTokens = none, actTokens = none] = files;
  const isOpen = readTokenFile === undefined && actTokenFile === undefined;
  const either: Secrets = () => [...readTokens(), ...actTokens()];

  const refusalOf = ({ routeOptions, headers }: FastifyRequest): Refusal | undefined => {
    const { access } = routeOptions.config;
    if (access !== 'read' && access !== 'act') return undefined;
    if (access === 'act' && headers['sec-fetch-site'] === 'cross-site')
      return { code: 'forbidden', detail: 'a page of another site may not do this' };
    if (isOpen) return undefined;
    const token = tokenOf(headers);
    if (isOneOf(token, access === 'read' ? either : actTokens)) return undefined;
    if (access === 'act' && isOneOf(token, readTokens))
      return { code: 'forbidden', detail: 'this token may read and not act' };
    // Browsers ask for a user and a password then; the password is the token.
    const detail = 'a token is wanted: Authorization: Bearer, or Basic with the token as its password';
    return { code: 'unauthorized', detail, scheme: 'Basic' };
  };

  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const refusal = refusalOf(request);
    return refusal && sendRefusal(reply, refusal);
  };
}

const none: Secrets = () => [];
