import {
  connect,
  type ConnectionOptions,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  type StoredMsg,
} from 'nats';
import { setTimeout as delay } from 'node:timers/promises';
import { NatsSettingWrong, LogUnavailable, toLogError } from './errors.ts';
import { authOptions, type NatsAuth } from './nats-auth.ts';
import { createPublisher, type Publisher } from './write/publisher.ts';

interface DirectStreamAPI {
  getMessage: (
    stream: string,
    query: { seq: number; next_by_subj: string } | { last_by_subj: string },
  ) => Promise<StoredMsg>;
}

/** A connection to NATS with JetStream, shared by everything in this process. */
export interface Connection {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  publisher: Publisher;
  /** Gets that any replica answers: fast, but a replica may lag. */
  direct: DirectStreamAPI;
  server: { id: string; name: string; version: string; maxPayload: number };
  /** False while the client is reconnecting. */
  isConnected: () => boolean;
  /** Sends what is buffered and closes. */
  close: () => Promise<void>;
}

/** One request to JetStream waits this long. Alertmanager itself gives up after 15 s. */
export const requestTimeoutMs = 5_000;
const drainTimeoutMs = 5_000;

/**
 * A request for messages stands for so long and is then made again. In a cluster one that comes right after its consumer was
 * made can get lost, and nothing says so: the client's 30 s would be a stall of 30 s.
 */
export const pullExpiresMs = 5_000;

/**
 * Connects. `url` may hold several servers, separated by commas, and
 * `user:password@` or `token@`. Keeps reconnecting for ever once connected.
 * Throws LogUnavailable where no server answers, or where it has no JetStream.
 */
export async function openConnection(url: string, auth: NatsAuth = {}): Promise<Connection> {
  const nc = await connect(optionsOf(url, auth)).catch((error: unknown) => {
    throw new LogUnavailable(`no NATS server answers at ${withoutSecrets(url)}: ${messageOf(error)}`, {
      cause: error,
    });
  });
  try {
    const info = nc.info;
    if (!info) throw new LogUnavailable(`the NATS server at ${withoutSecrets(url)} sent no INFO`);
    const jsm = await nc.jetstreamManager({ timeout: requestTimeoutMs }).catch((error: unknown) => {
      throw toLogError(error, 'JetStream is not available on this server or account');
    });
    let connected = true;
    void watch(nc, (now) => (connected = now));
    return {
      nc,
      js: nc.jetstream({ timeout: requestTimeoutMs }),
      jsm,
      publisher: createPublisher(nc, requestTimeoutMs, auth.inboxPrefix),
      // The client has it; its type of a manager does not say so.
      direct: (jsm as JetStreamManager & { direct: DirectStreamAPI }).direct,
      server: {
        ...{ id: info.server_id, name: info.server_name },
        ...{ version: info.version, maxPayload: info.max_payload },
      },
      isConnected: () => connected && !nc.isClosed(),
      close: () => closeConnection(nc, () => connected),
    };
  } catch (error) {
    await nc.close();
    throw error;
  }
}

function optionsOf(url: string, auth: NatsAuth): ConnectionOptions {
  const servers: string[] = [];
  const options: ConnectionOptions = {
    name: 'alert-watcher',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    // A frozen server is noticed after 20 to 30 s.
    pingInterval: 10_000,
    timeout: requestTimeoutMs,
    // A stack trace for each request, which nobody reads.
    noAsyncTraces: true,
  };
  for (const part of url.split(',').map((text) => text.trim())) {
    const parsed = parseUrl(part);
    servers.push(parsed.host);
    if (parsed.username && parsed.password) {
      options.user = decoded(parsed.username);
      options.pass = decoded(parsed.password);
    } else if (parsed.username) {
      options.token = decoded(parsed.username);
    }
    if (parsed.protocol === 'tls:') options.tls = {};
  }
  return { ...options, ...authOptions(auth), servers };
}

function parseUrl(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//.test(text) ? text : `nats://${text}`);
  if (!url?.hostname || !['nats:', 'tls:'].includes(url.protocol)) {
    throw new NatsSettingWrong('NATS_URL is not of the form nats://[user:password@]host:port[,…]');
  }
  return url;
}

/** A part of the URL. Throws NatsSettingWrong, without naming it: it may be a password. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new NatsSettingWrong(
      'NATS_URL has a user or password with a % that is not followed by two hex digits: write % as %25',
    );
  }
}

/** Tells each time the connection is lost and had again, until it is closed. */
export function watchConnection({ nc }: Connection, onChange: (isConnected: boolean) => void): void {
  void watch(nc, onChange);
}

async function watch(nc: NatsConnection, onChange: (connected: boolean) => void): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === Events.Disconnect) onChange(false);
    if (status.type === Events.Reconnect) onChange(true);
  }
}

async function closeConnection(nc: NatsConnection, isConnected: () => boolean): Promise<void> {
  if (nc.isClosed()) return;
  // Draining waits for the server: for a reconnect that may never come, or for one that is frozen.
  if (isConnected()) await Promise.race([nc.drain(), delay(drainTimeoutMs, undefined, { ref: false })]);
  await nc.close();
}

function withoutSecrets(url: string): string {
  return url.split(',').map((part) => parseUrl(part.trim())).map(({ protocol, host }) => `${protocol}//${host}`).join(); // prettier-ignore
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
