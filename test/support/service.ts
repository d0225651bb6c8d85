import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type afterAll, afterEach } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { type Config, roles } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/file.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { until } from './until.ts';

/** A service in this process, on a NATS account of its own, and what a test asks of it. */
export interface TestService {
  url: string;
  app: App;
  /** Posts a webhook; the answer's status and JSON. */
  post: (body: unknown) => Promise<{ status: number; json: Answer }>;
  get: (path: string) => Promise<Item>;
  collections: () => Promise<Item[]>;
  /** Waits until the API shows so many collections in a state. */
  whenState: (state: string, count?: number) => Promise<Item[]>;
  close: () => Promise<void>;
}

export interface Answer {
  accepted: number;
  duplicates: number;
  alerts: { id: string; result: string; reason?: string; fingerprint: string; alertname: string }[];
  code: string;
  detail: string;
}

/** JSON of the API, as far as tests look into it. */
export interface Item {
  id: string;
  state: string;
  alertname: string;
  namespace: string;
  pod: string;
  url: string;
  items: Item[];
  next?: number;
  attempts: unknown[];
  events: { type: string; data: unknown }[];
  [field: string]: unknown;
}

export const quickRules = (yaml = '') =>
  parseConfig(
    yaml ||
      `collections:
  - match: ['alertname=~"CrateDBCloudNotResponsive|CrateDBContainerRestart"']
    collector: sim
    durationSeconds: 0.05
    timeoutSeconds: 10
    backoff: { initialSeconds: 0.05 }
collectors: { sim: { driver: simulated } }
`,
    'test.yaml',
  );

/** Starts services and closes them, and what they wrote, after each test, or after all of a file. */
export function useServices(release: typeof afterEach | typeof afterAll = afterEach) {
  const closers: (() => Promise<void>)[] = [];
  release(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  return async (
    natsUrl: string,
    config: Partial<Config> = {},
    onLine?: (line: string) => void,
  ): Promise<TestService> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'alert-watcher-data-'));
    closers.push(() => rm(dataDir, { recursive: true, force: true }));
    const app = await startApp(
      { ...defaults, natsUrl, dataDir, rules: quickRules(), ...config },
      onLine ? createLogger('info', { write: onLine }) : createLogger('silent'),
    );
    let isOpen = true;
    const close = async () => {
      if (isOpen) await app.close();
      isOpen = false;
    };
    closers.push(close);
    return serviceOf(app, close);
  };
}

function serviceOf(app: App, close: () => Promise<void>): TestService {
  const get = async (path: string) => (await fetch(app.url + path)).json() as Promise<Item>;
  const collections = async () => {
    const items: Item[] = [];
    for (let after = ''; ;) {
      const page = await get(`/api/v1/collections?limit=200${after}`);
      items.push(...page.items);
      if (page.next === undefined) return items;
      after = `&after=${String(page.next)}`;
    }
  };
  return {
    url: app.url,
    app,
    close,
    get,
    collections,
    post: async (body) => {
      const response = await fetch(`${app.url}/webhook/alertmanager`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, json: (await response.json()) as Answer };
    },
    whenState: (state, count = 1) =>
      until(`${String(count)} collections ${state}`, async () => {
        const found = (await collections()).filter((item) => item.state === state);
        return found.length >= count ? found : undefined;
      }),
  };
}

const defaults: Omit<Config, 'natsUrl' | 'dataDir' | 'rules'> = {
  host: '127.0.0.1',
  port: 0,
  natsAuth: {},
  natsEmbeddedPort: 4222,
  natsServerBin: undefined,
  streamReplicas: 1,
  roles,
  edge: false,
  logLevel: 'silent',
  logFormat: 'json',
  maxBodyBytes: 32 * 1024 * 1024,
  maxAlertsPerBody: 10_000,
  maxInflightBytes: 64 * 1024 * 1024,
  maxConcurrentCollections: 100,
  ackWaitSeconds: 15,
  heartbeatSeconds: 5,
  shutdownGraceSeconds: 5,
  snapshotEveryEvents: 0,
  traces: false,
  maxEventFeeds: 10,
  maxSyncRequests: 10,
  recordingUrlSeconds: 300,
};
