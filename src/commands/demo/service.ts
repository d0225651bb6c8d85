import { execa } from 'execa';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type App, startApp } from '../../app.ts';
import { type Config, readConfig } from '../../config/config.ts';
import { parseConfig } from '../../config/file.ts';
import { natsServerPath } from '../../log/embedded/nats-process.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { DemoFailed } from './failed.ts';
import type { DemoPod } from './pod.ts';

export interface ServiceOptions {
  directory: string;
  pod: DemoPod;
  durationSeconds: number;
}

/** Starts the service on free ports, with all it keeps under the directory. Its warnings are kept and not shown. */
export async function startService(
  options: ServiceOptions,
): Promise<{ app: App; complaints: () => string[] }> {
  const config = await configOf(options);
  await assertServerRuns(config);
  const lines: string[] = [];
  const logger = createLogger('warn', { write: (line) => void lines.push(line) });
  const app = await startApp(config, logger);
  return { app, complaints: () => lines.slice(-shownComplaints).map(messageOf) };
}

const shownComplaints = 5;

/** The message of a JSON line, and that of the error in it where it says more. */
function messageOf(line: string): string {
  const { msg, err } = JSON.parse(line) as { msg: string; err?: { message: string } };
  return err && !err.message.startsWith(msg) ? `${msg}: ${err.message}` : msg;
}

async function configOf({ directory, pod, durationSeconds }: ServiceOptions): Promise<Config> {
  const collector = 'pid' in pod ? { driver: 'jcmd', pid: pod.pid } : { driver: 'simulated' };
  const name = collector.driver;
  const file = {
    collectors: { [name]: collector },
    collections: [
      {
        name: 'demo',
        match: ['alertname="CrateDBContainerRestart"'],
        collector: name,
        durationSeconds,
        // Whoever watches wants to know soon where it fails.
        timeoutSeconds: durationSeconds + 10,
        maxAttempts: 2,
      },
    ],
  };
  const environment = {
    PORT: '0',
    DATA_DIR: join(directory, 'data'),
    NATS_EMBEDDED_PORT: String(await freePort()),
    NATS_SERVER_BIN: process.env['NATS_SERVER_BIN'],
    SHUTDOWN_GRACE_SECONDS: '1',
  };
  // JSON is YAML.
  return { ...readConfig(environment), rules: parseConfig(JSON.stringify(file), 'the demo') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The npm package brings a program for one kind of machine; on others it is there and cannot run. */
async function assertServerRuns({ natsServerBin }: Config): Promise<void> {
  const program = await natsServerPath(natsServerBin);
  const result = await execa(program, ['--version'], { reject: false, stdin: 'ignore', timeout: 10_000 });
  if (!result.failed) return;
  throw new DemoFailed(
    `the embedded nats-server cannot run here: the packaged one is built for linux-x64, this is ${process.platform}-${process.arch} ` +
      `(${result.originalMessage ?? result.shortMessage ?? program}).\n` +
      'Name another one, 2.12 or later, by NATS_SERVER_BIN; the service itself also runs with a server of yours: see NATS_URL.',
  );
}
