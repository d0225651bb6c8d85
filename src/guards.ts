import type { Config } from './config/config.ts';
import { ConfigError } from './config/fault.ts';
import { type ApiGuard, guardApi } from './http/guard/api-guard.ts';
import { knownHosts } from './http/guard/hosts.ts';
import type { BadSecretLine } from './http/guard/secret-file.ts';
import { asksForCredential, asksForToken, type SourceConfig } from './http/guard/options.ts';
import { guardSource } from './http/guard/source-guard.ts';
import { formatOf } from './ingest/formats/formats.ts';
import type { AlertSource } from './ingest/receive.ts';
import { matchesAll, parseMatcher } from './kernel/matchers.ts';
import type { Logger } from './telemetry/logger.ts';

/** What asks who sends, reads and acts. */
export interface Guards {
  sources: AlertSource[];
  api: ApiGuard;
}

/** Reads the secrets of what this process serves, and no others. Throws ConfigError where such a file cannot be read. */
export function buildGuards(config: Config, logger: Logger): Guards {
  const sources = config.roles.includes('ingest') ? config.rules.sources : [];
  const access = config.roles.includes('api') ? config.rules.access : {};
  const onUnreadable = (err: unknown) =>
    logger.warn({ err }, 'a file of secrets can no longer be read: using the secrets last read from it');
  const onBadLine = ({ path, line, fault: detail }: BadSecretLine) =>
    logger.error({ path, line, detail }, 'a changed file of secrets has a line that cannot be used: using the secrets last read from it'); // prettier-ignore
  const onEmptied = (path: string) =>
    logger.error({ path }, 'a file of secrets is empty now: it lets nobody in');
  const isKnownHost = knownHosts(config.rules.allowedHosts);
  const deps = { now: () => Date.now(), onUnreadable, onBadLine, onEmptied, isKnownHost };
  warnWhereOpen(config, logger);
  return readingFiles(() => ({
    sources: sources.map((source) => {
      const { name, path, match = [] } = source;
      const matchers = match.map(parseMatcher);
      const isWanted: AlertSource['isWanted'] = (labels) => matchesAll(matchers, labels);
      return { name, path, format: formatOf(source), isWanted, guard: guardSource(source, deps) };
    }),
    api: guardApi(access, deps),
  }));
}

/** Files that the configuration names are part of it. */
export function readingFiles<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw new ConfigError(
      `the configuration names a file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Whoever reaches the service can use what is not guarded: on loopback that is nobody else. */
function warnWhereOpen({ host, roles, rules }: Config, logger: Logger): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  const { sources, access, allowedHosts } = rules;
  const served = roles.includes('ingest') ? sources : [];
  const named = (open: readonly SourceConfig[]) => ({ sources: open.map(({ name }) => name) });
  const withoutAuth = served.filter(({ auth }) => !asksForCredential(auth));
  const open = withoutAuth.filter(({ allow }) => !allow);
  const isApiOpen = roles.includes('api') && !asksForToken(access);
  if (open.length > 0)
    logger.warn(named(open), 'everybody who reaches this service can send alerts: sources[].auth');
  if (isApiOpen)
    logger.warn('everybody who reaches this service can download recordings and act: access.readTokenFile');
  if (allowedHosts.length === 0 && (isApiOpen || withoutAuth.length > 0))
    logger.warn(named(withoutAuth), 'requests without a credential are answered only under localhost: set a credential, or name this service in allowedHosts'); // prettier-ignore
}
