import { readFileSync } from 'node:fs';
import { type Environment, integer, oneOf } from './environment.ts';
import { ConfigError } from './fault.ts';
import { checkConfig, parseConfig, type Rules } from './file.ts';
import { type Processing, readProcessing } from './processing.ts';
import type { NatsAuth } from '../log/nats-auth.ts';

/** Everything that can be set from outside. */
export interface Config extends Processing {
  host: string;
  port: number;
  dataDir: string;
  /** Absent: the embedded server. */
  natsUrl: string | undefined;
  natsAuth: NatsAuth;
  natsEmbeddedPort: number;
  /** The program that the embedded server is; absent: the one of the npm package, else the one on PATH. */
  natsServerBin: string | undefined;
  streamReplicas: number;
  roles: readonly Role[];
  /** True: this process writes to no stream itself, but has a process with the role intake do it. */
  edge: boolean;
  logLevel: string;
  /** `pretty` is for people. */
  logFormat: LogFormat;
  maxBodyBytes: number;
  maxAlertsPerBody: number;
  maxInflightBytes: number;
  maxConcurrentCollections: number;
  shutdownGraceSeconds: number;
  snapshotEveryEvents: number;
  maxEventFeeds: number;
  maxSyncRequests: number;
  recordingUrlSeconds: number;
  /** Export spans; where to, OpenTelemetry's own variables say. */
  traces: boolean;
  rules: Rules;
}

export const roles = ['ingest', 'intake', 'collect', 'upload', 'api'] as const;
export type Role = (typeof roles)[number];

/** Intake of alerts alone asks the board nothing: such a process reads no log, and needs no permission to. */
export function needsReadModel(roles: readonly Role[]): boolean {
  return roles.some((role) => role !== 'ingest');
}

const logFormats = ['json', 'pretty'] as const;
type LogFormat = (typeof logFormats)[number];
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const mebibyte = 1024 * 1024;

/** Reads the environment, and the file that ALERT_WATCHER_CONFIG names. Throws ConfigError. */
export function readConfig(env: Environment): Config {
  const configFile = env['ALERT_WATCHER_CONFIG'];
  const roles = readRoles(env['ROLES']);
  return {
    host: env['HOST'] || '127.0.0.1',
    port: integer(env, 'PORT', { fallback: 8080, min: 0, max: 65_535 }),
    dataDir: env['DATA_DIR'] || './data',
    natsUrl: env['NATS_URL'] || undefined,
    natsAuth: {
      credsFile: env['NATS_CREDS_FILE'] || undefined,
      nkeyFile: env['NATS_NKEY_FILE'] || undefined,
      tlsCaFile: env['NATS_TLS_CA_FILE'] || undefined,
      tlsCertFile: env['NATS_TLS_CERT_FILE'] || undefined,
      tlsKeyFile: env['NATS_TLS_KEY_FILE'] || undefined,
      inboxPrefix: env['NATS_INBOX_PREFIX'] || undefined,
    },
    natsEmbeddedPort: integer(env, 'NATS_EMBEDDED_PORT', { fallback: 4222, min: 1, max: 65_535 }),
    natsServerBin: env['NATS_SERVER_BIN'] || undefined,
    streamReplicas: integer(env, 'STREAM_REPLICAS', { fallback: 1, min: 1, max: 5 }),
    roles,
    edge: readEdge(env, roles),
    logLevel: oneOf(env, 'LOG_LEVEL', logLevels, 'info'),
    logFormat: oneOf(env, 'LOG_FORMAT', logFormats, 'json'),
    maxBodyBytes: integer(env, 'MAX_BODY_BYTES', { fallback: 32 * mebibyte, min: 1_024 }),
    maxAlertsPerBody: integer(env, 'MAX_ALERTS_PER_BODY', { fallback: 10_000, min: 1 }),
    maxInflightBytes: integer(env, 'MAX_INFLIGHT_BYTES', { fallback: 64 * mebibyte, min: 1_024 }),
    maxConcurrentCollections: integer(env, 'MAX_CONCURRENT_COLLECTIONS', { fallback: 100, min: 1 }),
    ...readProcessing(env),
    shutdownGraceSeconds: integer(env, 'SHUTDOWN_GRACE_SECONDS', { fallback: 20, min: 0 }),
    snapshotEveryEvents: integer(env, 'SNAPSHOT_EVERY_EVENTS', { fallback: 20_000, min: 0 }),
    maxEventFeeds: integer(env, 'MAX_EVENT_FEEDS', { fallback: 500, min: 0 }),
    maxSyncRequests: integer(env, 'MAX_SYNC_REQUESTS', { fallback: 100, min: 0 }),
    recordingUrlSeconds: integer(env, 'RECORDING_URL_SECONDS', { fallback: 300, min: 1, max: 604_800 }),
    traces: hasTraceEndpoint(env),
    rules: configFile ? readConfigFile(configFile) : parseConfig('', 'the built-in default'),
  };
}

/** Reads and checks a configuration file. Throws ConfigError. */
export function readConfigFile(path: string): Rules {
  return parseConfig(readText(path), path);
}

/** The same, and what is most likely a mistake although the file is valid. Throws ConfigError. */
export function checkConfigFile(path: string): ReturnType<typeof checkConfig> {
  return checkConfig(readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `the configuration file cannot be read: ${error instanceof Error ? error.message : path}`,
    );
  }
}

/** Parses ROLES or --roles: names separated by commas; empty means all. */
export function readRoles(text: string | undefined): readonly Role[] {
  const names = (text ?? '').split(',').map((name) => name.trim()).filter(Boolean); // prettier-ignore
  const unknown = names.find((name) => !isRole(name));
  if (unknown !== undefined)
    throw new ConfigError(`there is no role ${unknown}; roles are ${roles.join(', ')}`);
  return names.length === 0 ? roles : names.filter(isRole);
}

/** True where EDGE says so. Throws ConfigError where the process could not do the work of its roles then. */
function readEdge(env: Environment, roles: readonly Role[]): boolean {
  if (oneOf(env, 'EDGE', ['true', 'false'] as const, 'false') === 'false') return false;
  const inner = roles.filter((role) => role !== 'ingest' && role !== 'api');
  if (inner.length > 0)
    throw new ConfigError(`EDGE is for the roles ingest and api: ROLES has ${inner.join(', ')}`);
  if (!env['NATS_URL']) throw new ConfigError('EDGE needs NATS_URL: the embedded server knows no accounts');
  return true;
}

/** As OpenTelemetry means it: no endpoint, no spans. */
function hasTraceEndpoint(env: Environment): boolean {
  const isOff = env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none';
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return !isOff && Boolean(endpoint);
}

function isRole(name: string): name is Role {
  return (roles as readonly string[]).includes(name);
}
