import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

const source = fileURLToPath(new URL('../../src/commands/demo/DemoPod.java', import.meta.url));

/** A real JVM (the one of the demo) for the tests of this file; `pid` once they run. */
export function useJvm(isThere: boolean, letter = ''): { pid: () => number; mainClass: string } {
  // Found by its main class, and other test files have JVMs, too.
  const mainClass = `TestPod${letter}${String(process.pid)}`;
  let directory = '';
  let jvm: ChildProcess | undefined;
  beforeAll(async () => {
    if (!isThere) return;
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-jvm-'));
    const file = join(directory, `${mainClass}.java`);
    await writeFile(file, (await readFile(source, 'utf8')).replaceAll('DemoPod', mainClass));
    execFileSync('javac', ['-d', directory, file]);
    jvm = spawn('java', ['-Xmx64m', '-cp', directory, mainClass], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(jvm.stdout ?? jvm, 'data');
  }, 60_000);
  afterAll(async () => {
    if (jvm && jvm.exitCode === null) {
      jvm.kill('SIGKILL');
      await once(jvm, 'exit');
    }
    if (directory) await rm(directory, { recursive: true, force: true });
  });
  return { pid: () => jvm?.pid ?? 0, mainClass };
}
