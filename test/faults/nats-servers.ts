import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openConnection } from '../../src/log/connection.ts';
import { failWrites } from '../support/disk-errors.ts';
import { testedServer } from '../support/nats-server.ts';
import { accountLines, loginOf } from '../support/nats-accounts.ts';
import { freePort } from '../support/process.ts';
import { until } from '../support/until.ts';

/** One real nats-server, or three in a cluster, that can be killed, frozen and started again on their stores. */
export interface NatsServers {
  ports: number[];
  url: string;
  kill: (index: number) => Promise<void>;
  /** Ends it in order. */
  stop: (index: number) => Promise<void>;
  /** Starts it on its store, unless it runs; by default the program that the suite runs on. */
  start: (index: number, program?: string) => Promise<void>;
  signal: (index: number, signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Each of its writes to a file fails from now on, as on a full disk, until it is started again. */
  failWrites: (index: number) => void;
  isRunning: (index: number) => boolean;
  /** Resolves when JetStream answers and, in a cluster, has a leader. */
  whenUp: () => Promise<void>;
  close: () => Promise<void>;
}

export interface NatsServersOptions {
  syncInterval?: string;
  program?: string;
  /** True: with the accounts of deploy/nats/accounts.conf; the URL is its admin's. */
  withAccounts?: boolean;
}

export async function startNatsServers(
  directory: string,
  count: 1 | 3,
  { syncInterval = 'always', program, withAccounts = false }: NatsServersOptions = {},
): Promise<NatsServers> {
  const ports: number[] = [];
  const routes: number[] = [];
  for (let index = 0; index < count; index += 1) {
    ports.push(await freePort());
    routes.push(await freePort());
  }
  const children = new Map<number, ChildProcess>();
  const login = withAccounts ? loginOf('admin') : '';
  const url = ports.map((port) => `nats://${login}127.0.0.1:${String(port)}`).join(',');

  const start: NatsServers['start'] = async (index, named) => {
    if (children.has(index)) return;
    const folder = join(directory, `nats-${String(index)}`);
    await mkdir(folder, { recursive: true });
    const config = join(folder, 'nats.conf');
    await writeFile(config, configOf({ folder, index, ports, routes, syncInterval, withAccounts }));
    const child = spawn(named ?? (await testedServer()), ['-c', config], { stdio: 'ignore' });
    children.set(index, child);
  };
  const end = async (index: number, signal: NodeJS.Signals) => {
    const child = children.get(index);
    if (!child) return;
    children.delete(index);
    child.kill(signal);
    await once(child, 'exit');
  };
  const kill = (index: number) => end(index, 'SIGKILL');
  for (const index of ports.keys()) await start(index, program);
  const servers: NatsServers = {
    ports,
    url,
    kill,
    stop: (index) => end(index, 'SIGTERM'),
    start,
    signal: (index, signal) => void children.get(index)?.kill(signal),
    failWrites: (index) => failWrites(children.get(index)?.pid),
    isRunning: (index) => children.has(index),
    whenUp: async () => {
      await until(
        'NATS to be up',
        async () => {
          const connection = await openConnection(url).catch(() => undefined);
          const isUp = await connection?.jsm.getAccountInfo().then(() => true, () => false); // prettier-ignore
          await connection?.close();
          return isUp;
        },
        60_000,
      );
    },
    close: async () => {
      for (const index of [...children.keys()]) await kill(index);
    },
  };
  await servers.whenUp();
  return servers;
}

interface ServerOptions {
  folder: string;
  index: number;
  ports: number[];
  routes: number[];
  syncInterval: string;
  withAccounts: boolean;
}

function configOf({ folder, index, ports, routes, syncInterval, withAccounts }: ServerOptions): string {
  const lines = [
    'host: 127.0.0.1',
    `port: ${String(ports[index])}`,
    'max_payload: 8MB',
    `server_name: n${String(index)}`,
    `log_file: ${JSON.stringify(join(folder, 'nats.log'))}`,
    `jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))}, sync_interval: ${syncInterval} }`,
  ];
  if (ports.length > 1) {
    const urls = routes.map((port) => `"nats://127.0.0.1:${String(port)}"`).join(', ');
    lines.push(`cluster { name: faults, listen: "127.0.0.1:${String(routes[index])}", routes: [${urls}] }`);
  }
  if (withAccounts) lines.push(...accountLines());
  return `${lines.join('\n')}\n`;
}
