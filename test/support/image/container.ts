import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';
import type { ImageConfig } from './store.ts';

/** A bind mount. */
export interface Mount {
  source: string;
  destination: string;
  readOnly: boolean;
}

export interface ContainerOptions {
  /** The image's files on this machine. */
  rootfs: string;
  image: ImageConfig;
  user: { uid: number; gid: number };
  env: Readonly<Record<string, string>>;
  mounts: readonly Mount[];
}

export interface Container {
  /** All that it has written so far, line by line. */
  lines: () => string[];
  isRunning: () => boolean;
  /** Runs a program in it, as the user and with the environment of the container; its exit code and stdout. */
  exec: (argv: readonly string[], env?: Record<string, string>) => Promise<{ code: number; stdout: string }>;
  /** Sends a signal to process 1, and resolves to the exit code of the container. */
  end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number>;
}

let containers = 0;

/**
 * Starts a container by crun, a runtime of Kubernetes: read-only root, no capability, no new privileges, namespaces of processes,
 * mounts, IPC and host name. It shares the network of this machine, and has neither limits (no cgroup) nor seccomp.
 */
export async function startContainer(directory: string, options: ContainerOptions): Promise<Container> {
  const id = `alert-watcher-${String(process.pid)}-${String((containers += 1))}`;
  const bundle = join(directory, id);
  const env = { ...pairsOf(options.image.Env), ...options.env };
  await mkdir(bundle, { recursive: true });
  await writeFile(join(bundle, 'config.json'), JSON.stringify(specOf(options, env)));
  const crun = (...args: string[]) => [...crunHere, `--root=${join(directory, 'crun')}`, '--cgroup-manager=disabled', ...args]; // prettier-ignore
  const [program = '', ...args] = crun('run', `--bundle=${bundle}`, id);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { uid, gid } = options.user;
  const exec: Container['exec'] = (argv, more = {}) => {
    const variables = Object.entries({ ...env, ...more }).map(([name, value]) => `--env=${name}=${value}`);
    const how = [`--user=${String(uid)}:${String(gid)}`, `--cwd=${options.image.WorkingDir}`, ...variables];
    return outcomeOf(crun('exec', ...how, id, ...argv));
  };
  return {
    lines: linesOf(child),
    isRunning: () => child.exitCode === null,
    exec,
    end: async (signal) => {
      if (child.exitCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      await run(crun('kill', id, signal));
      const [code] = (await ended) as [number];
      return code;
    },
  };
}

/** crun looks at the cgroups even where it uses none, and stumbles over both versions at once: it sees none. */
const crunHere = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /sys/fs/cgroup && exec crun "$@"', 'crun']; // prettier-ignore

/** What crun is told: https://github.com/opencontainers/runtime-spec/blob/main/config.md */
function specOf({ rootfs, image, user, mounts }: ContainerOptions, env: Record<string, string>) {
  const kernel = [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  ]; // prettier-ignore
  const volumes = mounts.map(({ source, destination, readOnly }) => ({
    ...{ destination, type: 'bind', source },
    options: ['bind', readOnly ? 'ro' : 'rw'],
  }));
  return {
    ociVersion: '1.0.0',
    process: {
      terminal: false,
      user,
      args: [...image.Entrypoint, ...image.Cmd],
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd: image.WorkingDir,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    hostname: 'alert-watcher',
    mounts: [...kernel, ...volumes],
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
  };
}

function pairsOf(variables: readonly string[]): Record<string, string> {
  return Object.fromEntries(variables.map((each) => each.split(/=(.*)/s, 2) as [string, string]));
}

function linesOf(child: ChildProcess): () => string[] {
  let output = '';
  const keep = (part: Buffer) => {
    output += part.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => output.split('\n').filter(Boolean);
}

async function outcomeOf([program = '', ...args]: string[]): Promise<{ code: number; stdout: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = linesOf(child);
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout: lines().join('\n') };
}
