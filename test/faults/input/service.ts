import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, startApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { testedServer } from '../../support/nats-server.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { until } from '../../support/until.ts';
import type { Limits } from './oracle.ts';
import { secret, sources } from './routes.ts';

/** Small, so that small bodies reach them. */
const maxPayloadBytes = 64 * 1024;
const maxBodyBytes = 512 * 1024;
const maxInflightBytes = 8 * maxBodyBytes;

export interface FuzzedService extends AsyncDisposable {
  app: App;
  limits: Limits;
}

/** The service with a real nats-server of its own; nothing is recorded, but every alert is decided. No test runner needed. */
export async function startService(): Promise<FuzzedService> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-fuzz-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const config = join(directory, 'nats.conf');
  await writeFile(config, natsConfig(directory));
  const server = spawn(await testedServer(), ['-c', config], { stdio: 'ignore' });
  // Also where this process is told to end in the middle.
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  stack.defer(async () => {
    process.off('exit', kill);
    if (server.exitCode !== null || server.signalCode !== null) return;
    kill();
    await once(server, 'exit');
  });
  const natsUrl = await until('the port of nats-server', () => urlOf(directory));
  const [rules, secretFile] = [join(directory, 'rules.yaml'), join(directory, 'secret')];
  await writeFile(secretFile, secret);
  await writeFile(rules, sources(secretFile, secretFile));
  const environment = {
    PORT: '0',
    ROLES: 'ingest,intake,api',
    NATS_URL: natsUrl,
    DATA_DIR: directory,
    MAX_BODY_BYTES: String(maxBodyBytes),
    MAX_INFLIGHT_BYTES: String(maxInflightBytes),
    ALERT_WATCHER_CONFIG: rules,
  };
  const app = await startApp(readConfig(environment), createLogger('silent'));
  stack.defer(app.close);
  const held = stack.move();
  const limits = { maxBodyBytes, maxAlertBytes: maxPayloadBytes - 4_096 };
  return { app, limits, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function natsConfig(directory: string): string {
  return [
    'host: 127.0.0.1',
    'port: -1',
    `max_payload: ${String(maxPayloadBytes)}`,
    `ports_file_dir: ${JSON.stringify(directory)}`,
    `jetstream { store_dir: ${JSON.stringify(join(directory, 'store'))} }`,
  ].join('\n');
}

async function urlOf(directory: string): Promise<string | undefined> {
  const name = (await readdir(directory)).find((file) => file.endsWith('.ports'));
  const text = name === undefined ? '' : await readFile(join(directory, name), 'utf8');
  return /nats:\/\/[^"]*:\d+/.exec(text)?.[0];
}
