import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { Spawner } from '../../../src/programs/spawner.ts';
import type { Cluster } from './cluster.ts';
import { answer } from './stand-in.ts';

/** A spawner that starts nothing: whatever program it is told to start is the stand-in for kubectl, in this process. */
export function standInSpawner(cluster: Cluster): Spawner {
  return {
    start: () => undefined,
    run: ([, ...argv], { stdoutTo }) => {
      const { exitCode, stdout = '', stderr = '' } = answer(cluster, argv);
      if (stdoutTo !== undefined) appendFileSync(stdoutTo, stdout);
      const kept = stdoutTo === undefined ? Buffer.from(stdout).toString() : '';
      return Promise.resolve({ exitCode, signal: null, stdout: kept, stderr });
    },
    close: () => Promise.resolve(),
  };
}

/** The stand-in as a program of its own, for the tests of a file. */
export function useStandInProgram() {
  let directory = '';
  const file = (name: string) => join(directory, name);
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-kubectl-'));
    const here = fileURLToPath(import.meta.url);
    const code = `import { runProgram } from ${JSON.stringify(join(here, '../program.ts'))};`;
    await writeFile(
      file('kubectl.mjs'),
      `#!${process.execPath}\n${code}\nrunProgram(${JSON.stringify(file('cluster.json'))});\n`,
    );
    await chmod(file('kubectl.mjs'), 0o755);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return {
    program: () => file('kubectl.mjs'),
    /** A directory in the pod: its containers see the file system of this machine. */
    directory: () => directory,
    set: (cluster: Cluster) => writeFileSync(file('cluster.json'), JSON.stringify(cluster)),
    get: () => JSON.parse(readFileSync(file('cluster.json'), 'utf8')) as Cluster,
  };
}
