import { execa } from 'execa';
import fc from 'fast-check';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/programs/run-program.ts';
import { createSpawner, type Spawner } from '../../src/programs/spawner.ts';
import { AttemptFailed } from '../../src/kernel/react/failures.ts';
import { areGone, isRunning } from '../support/process.ts';
import { until } from '../support/until.ts';

let directory = '';
let abort = new AbortController();
let spawner: Spawner;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-spawner-'));
  abort = new AbortController();
  spawner = createSpawner();
});
afterEach(async () => {
  await spawner.close();
  await rm(directory, { recursive: true, force: true });
});

const run = (...argv: string[]) => runProgram(spawner, argv, { cwd: directory, signal: abort.signal });
const node = (code: string) => run(process.execPath, '-e', code);

/** Notes its own pid and that of the spawner, and runs until it is ended. */
const endless = `require('fs').writeFileSync('pids', process.pid + ' ' + process.ppid); setInterval(() => {}, 1000);`;
const pids = async () => {
  // A file that is there may still be empty, and a signal to 0 goes to the whole suite.
  const [, program, itsSpawner] = await until('the pids', async () => {
    const text = await readFile(join(directory, 'pids'), 'utf8').catch(() => '');
    return /^(\d+) (\d+)$/.exec(text) ?? undefined;
  });
  return { program: Number(program), itsSpawner: Number(itsSpawner) };
};

describe('a spawner', () => {
  it('that is killed fails what it runs, which is ended; the next program gets a new one', async () => {
    const running = node(endless);
    const { program, itsSpawner } = await pids();
    process.kill(itsSpawner, 'SIGKILL');
    await expect(running).rejects.toMatchObject({
      code: 'interrupted',
      message: 'the process that starts collectors was ended by SIGKILL',
    });
    await until('the program to be gone', () => areGone([program]));
    expect(Number((await node('console.log(process.ppid)')).stdout)).not.toBe(itsSpawner);
  });

  it('that hangs is killed where it does not end a program: the attempt still fails in time', async () => {
    await spawner.close();
    spawner = createSpawner(500);
    const running = node(endless);
    const { program, itsSpawner } = await pids();
    process.kill(itsSpawner, 'SIGSTOP');
    abort.abort(new AttemptFailed('collector-timeout', 'too long'));
    await expect(running).rejects.toMatchObject({ code: 'collector-timeout' });
    await until('both to be gone', () => areGone([program, itsSpawner]));
  });

  it('leaves the end to the service: INT and TERM are not for it', async () => {
    const running = node(`${endless} process.stdin.resume(); setTimeout(() => process.exit(), 400)`);
    const { itsSpawner } = await pids();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(itsSpawner, signal);
    await running;
    expect(Number((await node('console.log(process.ppid)')).stdout)).toBe(itsSpawner);
  });

  it('that is closed ends what runs, and itself', async () => {
    const running = node(endless);
    const { program, itsSpawner } = await pids();
    const message = 'the process that starts collectors ended with exit code 0';
    const failed = expect(running).rejects.toMatchObject({ code: 'interrupted', message });
    await spawner.close();
    await failed;
    expect([program, itsSpawner].filter(isRunning)).toEqual([]);
  });

  it('keeps no process from its end, and ends after it', async () => {
    const module = fileURLToPath(new URL('../../src/programs/spawner.ts', import.meta.url));
    const code = `const { createSpawner } = await import(${JSON.stringify(module)});
      const spawner = createSpawner();
      const { signal } = new AbortController();
      const { stdout } = await spawner.run([process.execPath, '-p', 'process.ppid'], { cwd: '.', signal });
      process.stdout.write(stdout);`;
    const argv = ['--input-type=module', '-e', code];
    const { stdout } = await execa(process.execPath, argv, { timeout: 10_000, stderr: 'ignore' });
    await until('the spawner to be gone', () => areGone([Number(stdout)]));
  });
});

describe('a program', () => {
  it('gets every argument as it is', async () => {
    const argument = fc.string({ unit: 'grapheme-composite' }).filter((each) => !each.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { minLength: 1 }), async (args) => {
        const { stdout } = await run('printf', '%s\\0', ...args);
        expect(stdout.split('\0').slice(0, -1)).toEqual(args);
      }),
      { numRuns: 50 },
    );
    expect((await run('printf', '%s', '\n$(id)\u2028\u{1f600}')).stdout).toBe('\n$(id)\u2028\u{1f600}');
  });

  it.each([
    ['an argument holds NUL', ['printf', 'a\0b'], /printf could not be started: .*null bytes/],
    ['its name holds NUL', ['pri\0ntf'], /could not be started: .*null bytes/],
    ['an argument is too long for the kernel', ['printf', 'x'.repeat(200_000)], /E2BIG/],
  ])('is not started where %s, and the failure says so', async (_, argv, message) => {
    await expect(run(...argv)).rejects.toMatchObject({ code: 'collector-exited', message });
    expect((await run('printf', 'well')).stdout).toBe('well');
  });

  it('may flood its outputs: the last 64 KiB of each are kept', async () => {
    const flood = `const { writeSync } = require('fs');
      for (const [fd, end] of [[1, 'out'], [2, 'err']]) {
        for (let i = 0; i < 3000; i++) writeSync(fd, 'x'.repeat(1023) + '\\n');
        writeSync(fd, end);
      }`;
    const { stdout, stderr } = await node(flood);
    expect([stdout.length, stderr.length]).toEqual([65_536, 65_536]);
    expect([stdout.slice(-4), stderr.slice(-4)]).toEqual(['\nout', '\nerr']);
  });

  it('may have its stdout in a file, whole and to the byte, behind what is there', async () => {
    const stdoutTo = join(directory, 'out');
    await writeFile(stdoutTo, Buffer.from([1]));
    const code = 'process.stdout.write(Buffer.alloc(300_000, 255)); console.error("said")';
    const options = { cwd: directory, stdoutTo, signal: abort.signal };
    const output = await runProgram(spawner, [process.execPath, '-e', code], options);
    expect(output).toEqual({ stdout: '', stderr: 'said\n' });
    expect((await readFile(stdoutTo)).equals(Buffer.concat([Buffer.from([1]), Buffer.alloc(300_000, 255)]))).toBe(true); // prettier-ignore
    const nowhere = { ...options, stdoutTo: join(directory, 'no', 'such', 'directory') };
    await expect(runProgram(spawner, [process.execPath, '-v'], nowhere)).rejects.toThrow('ENOENT');
  });

  it('that leaves a process of another group with its outputs does not wait for it', async () => {
    const leave = `const child = require('child_process').spawn('sleep', ['60'], { stdio: 'inherit', detached: true });
      console.log(child.pid); child.unref();`;
    const { stdout } = await node(leave);
    expect(isRunning(Number(stdout))).toBe(true);
    process.kill(Number(stdout));
  });
});
