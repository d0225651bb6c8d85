import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Collector, CollectTask } from '../../src/collection/collectors/collector.ts';
import { commandCollector } from '../../src/collection/collectors/command.ts';
import { unknownPlaceholders } from '../../src/collection/collectors/placeholders.ts';
import { jcmdCollector } from '../../src/collection/collectors/jcmd.ts';
import { simulatedCollector } from '../../src/collection/collectors/simulated.ts';
import { withVariables } from '../../src/programs/environment.ts';
import { createSpawner } from '../../src/programs/spawner.ts';
import { AttemptFailed } from '../../src/kernel/react/failures.ts';
import { checkRecording } from '../../src/collection/collect/check-recording.ts';
import { pod } from '../support/events.ts';
import { useJvm } from '../support/jvm.ts';
import { isRunning } from '../support/process.ts';
import { until } from '../support/until.ts';

const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
const hasJdk = inject('programs').jdk;
const jvm = useJvm(hasJdk);
const spawner = createSpawner();
let directory = '';
let abort = new AbortController();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-collector-'));
  abort = new AbortController();
});
afterEach(() => rm(directory, { recursive: true, force: true }));
afterAll(() => spawner.close());

const task = (more: Partial<CollectTask> = {}): CollectTask => ({
  ...pod,
  collectionId: 'c0ffee',
  durationSeconds: 1,
  attempt: 1,
  directory,
  signal: abort.signal,
  ...more,
});

/** A program of our own: argv as an operator's tool gets it, and the script's first arguments before it. */
const script = (code: string, ...args: string[]) =>
  commandCollector({ command: [process.execPath, '-e', code, '--', ...args] }, spawner);
const copySample = `require('fs').copyFileSync(${JSON.stringify(sample)}, 'out.jfr');`;

const timeout = () => new AttemptFailed('collector-timeout', 'the attempt took longer than 1 s');
const failureOf = (promise: Promise<unknown>): Promise<AttemptFailed> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => (error instanceof AttemptFailed ? error : Promise.reject(error as Error)),
  );

interface Variant {
  name: string;
  isThere: boolean;
  works: () => Collector;
  endless: () => Collector;
}
const variants: Variant[] = [
  {
    name: 'command',
    isThere: true,
    works: () => script(copySample),
    endless: () => script('setInterval(() => {}, 1000)'),
  },
  {
    name: 'jcmd',
    isThere: hasJdk,
    works: () => jcmdCollector({ pid: jvm.pid() }, spawner),
    endless: () => jcmdCollector({ mainClass: jvm.mainClass }, spawner),
  },
  {
    name: 'simulated',
    isThere: true,
    works: () => simulatedCollector(),
    endless: () => simulatedCollector({ hang: true }),
  },
];

describe.each(variants)('every collector: $name', ({ isThere, works, endless }) => {
  it.runIf(isThere)('brings a valid recording', async () => {
    const { file } = await works()(task());
    expect(await checkRecording(file)).toMatchObject({ chunks: 1, jfrVersion: '2.1' });
  });

  it.runIf(isThere)('ends with the reason of the abort, soon, and leaves nothing running', async () => {
    const mine = abort;
    setTimeout(() => mine.abort(timeout()), 300);
    const running = failureOf(endless()(task({ durationSeconds: 600 })));
    expect(await running).toMatchObject({ code: 'collector-timeout', message: timeout().message });
  });

  it.runIf(isThere)('does not begin where it is aborted already', async () => {
    abort.abort(timeout());
    expect(await failureOf(endless()(task({ durationSeconds: 600 })))).toMatchObject({
      code: 'collector-timeout',
    });
  });
});

describe('a command', () => {
  it('gets each placeholder as one argument, whatever is in it, and no shell', async () => {
    const write = `require('fs').writeFileSync('argv.json', JSON.stringify(process.argv.slice(1)));${copySample}`;
    await script(
      write,
      '--pod',
      '{pod}',
      '{durationSeconds}s',
      '{kubeContext}/{namespace}',
      '$(id) {other}',
    )(task({ pod: 'a b; $(touch x) {namespace}' }));
    expect(JSON.parse(await readFile(join(directory, 'argv.json'), 'utf8'))).toEqual([
      ...[
        '--pod',
        'a b; $(touch x) {namespace}',
        '1s',
        `${pod.kubeContext}/${pod.namespace}`,
        '$(id) {other}',
      ],
    ]);
    expect(unknownPlaceholders(['{pod}', '{nope}'])).toEqual(['nope']);
    // A brace that is nobody's stays; whoever means a label is told.
    const labels = ['{label.node}', '{labels.node}', '{label.}', '{label.a-b}', '{.status.phase} {a.b} {}'];
    expect(unknownPlaceholders(labels)).toEqual(['labels.node', 'label.', 'label.a-b']);
  });

  it('names its recording on stdout, or leaves the one *.jfr', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'alert-watcher-elsewhere-'));
    const path = join(elsewhere, 'x.jfr');
    const named = `require('fs').copyFileSync(${JSON.stringify(sample)}, ${JSON.stringify(path)});
      require('fs').writeFileSync('other.jfr', ''); console.log('saved to "' + ${JSON.stringify(path)} + '".')`;
    expect(await script(named)(task())).toEqual({ file: path });
    await rm(elsewhere, { recursive: true });
    await rm(join(directory, 'other.jfr'));
    expect(await script(`${copySample} console.log('wrote /nowhere/y.jfr')`)(task())).toEqual({
      file: join(directory, 'out.jfr'),
    });
  });

  it('has the trace of its attempt in its environment, beside that of the service', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const wanted = JSON.stringify([traceparent, process.env['PATH']]);
    const checks = `if (JSON.stringify([process.env.TRACEPARENT, process.env.PATH]) !== ${JSON.stringify(wanted)}) process.exit(3);`;
    await expect(script(`${checks} ${copySample}`)({ ...task(), traceparent })).resolves.toHaveProperty(
      'file',
    );
    await expect(script(`${checks} ${copySample}`)(task())).rejects.toMatchObject({
      details: { exitCode: 3 },
    });
  });

  it.each([
    [
      'is not there',
      () => commandCollector({ command: ['no-such-program-here'] }, spawner),
      { code: 'collector-not-found' },
    ],
    [
      'may not be executed',
      () => commandCollector({ command: ['/dev/null'] }, spawner),
      { code: 'collector-not-executable' },
    ],
    [
      'ends with 3',
      () => script('console.error("no pod"); process.exit(3)'),
      { code: 'collector-exited', details: { exitCode: 3, stderrTail: 'no pod\n' } },
    ],
    ['is killed', () => script('process.kill(process.pid, "SIGKILL")'), { code: 'collector-exited' }],
    [
      'succeeds and writes nothing',
      () => script('console.error("odd")'),
      { code: 'recording-missing', details: { stderrTail: 'odd\n' } },
    ],
    [
      'leaves two recordings',
      () => script(`${copySample} require('fs').writeFileSync('b.jfr', '')`),
      { code: 'recording-missing' },
    ],
  ])('that %s is a failed attempt that says so', async (_, collector, failure) => {
    expect(await failureOf(collector()(task()))).toMatchObject(failure);
  });

  it('finds no secret of the service in its environment, and what its collector names', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'topsecret';
    process.env['NATS_URL'] = 'nats://u:topsecret@h';
    process.env['PLUGIN_PROFILE'] = 'prod';
    const fresh = createSpawner();
    const print = `process.stderr.write(JSON.stringify(process.env)); process.exit(1)`;
    const run = (names?: string[]) => failureOf(commandCollector({ command: [process.execPath, '-e', print] }, withVariables(fresh, names))(task())); // prettier-ignore
    try {
      const { details } = await run();
      expect(details.stderrTail).not.toContain('topsecret');
      expect(details.stderrTail).toContain('"PATH"');
      expect(details.stderrTail).not.toContain('PLUGIN_PROFILE');
      expect((await run(['PLUGIN_PROFILE', 'NOT_THERE'])).details.stderrTail).toContain(
        '"PLUGIN_PROFILE":"prod"',
      );
    } finally {
      for (const name of ['AWS_SECRET_ACCESS_KEY', 'NATS_URL', 'PLUGIN_PROFILE'])
        Reflect.deleteProperty(process.env, name);
      await fresh.close();
    }
  });

  it('may flood its outputs: the program goes on and only the end is kept', async () => {
    const flood = `const line = 'x'.repeat(1023) + '\\n';
      for (let i = 0; i < 20000; i++) require('fs').writeSync(2, line);
      require('fs').writeSync(2, 'the end'); process.exit(1)`;
    const { details } = await failureOf(script(flood)(task()));
    expect(details.stderrTail).toHaveLength(65_536);
    expect(details.stderrTail).toMatch(/the end$/);
  });

  it('may write 64 KiB without a break: nothing else waits while its recording is looked for', async () => {
    const endless = `require('fs').writeSync(1, 'x'.repeat(65536)); require('fs').copyFileSync(${JSON.stringify(sample)}, 'a.jfr')`;
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    await script(endless)(task());
    delays.disable();
    expect(delays.max / 1e9).toBeLessThan(2);
  });

  it('that ignores TERM is killed with its whole group', async () => {
    const stubborn = `process.on('SIGTERM', () => {});
      const child = require('child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"]);
      require('fs').writeFileSync('pids', process.pid + ' ' + child.pid); setInterval(() => {}, 1000)`;
    const running = failureOf(script(stubborn)(task()));
    const pids = await until('the pids', async () => {
      const text = await readFile(join(directory, 'pids'), 'utf8').catch(() => '');
      return text === '' ? undefined : text;
    });
    abort.abort(timeout());
    expect(await running).toMatchObject({ code: 'collector-timeout' });
    await until('both to be gone', () => pids.split(' ').every((pid) => !isRunning(Number(pid))));
  });

  it('that leaves children behind ends them, and does not wait for them', async () => {
    const leave = `const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('fs').writeFileSync('pids', String(child.pid)); child.unref(); ${copySample} process.exit(0)`;
    await script(leave)(task());
    const pid = Number(await readFile(join(directory, 'pids'), 'utf8'));
    await until('the child to be gone', () => !isRunning(pid));
  });
});

describe('jcmd', () => {
  it.runIf(hasJdk)('finds the JVM by its main class and records no secrets', async () => {
    const { file } = await jcmdCollector({ mainClass: jvm.mainClass }, spawner)(task());
    const bytes = await readFile(file);
    expect(bytes.includes('AWS_SECRET_ACCESS_KEY')).toBe(false);
    expect(bytes.includes('java.class.path')).toBe(false);
  });

  it.runIf(hasJdk)('says where there is no such JVM, and leaves a process that is none alone', async () => {
    expect(await failureOf(jcmdCollector({ mainClass: 'Nobody' }, spawner)(task()))).toMatchObject({
      code: 'jvm-not-found',
    });
    expect(await failureOf(jcmdCollector({ pid: process.pid }, spawner)(task()))).toMatchObject({
      code: 'jvm-not-found',
    });
  });
});

describe('the simulation', () => {
  it('says that it is one, and fails as often as it is told to', async () => {
    const collector = simulatedCollector({ failTimes: 1, tookSeconds: 0 });
    expect(await failureOf(collector(task()))).toMatchObject({
      message: expect.stringContaining('simulated') as string,
    });
    expect(await collector(task({ attempt: 2 }))).toMatchObject({ simulated: true });
  });

  it('hands out a sample without environment, properties or paths of a machine', async () => {
    const text = (await readFile(sample)).toString('latin1');
    for (const secret of [
      'PATH=',
      'HOME',
      'java.home',
      'java.class.path',
      '/usr/lib',
      '/home/',
      '/root',
      '/tmp/',
    ]) {
      expect(text.includes(secret), secret).toBe(false);
    }
  });
});

describe('a recording', () => {
  const check = async (bytes: Uint8Array) => {
    const file = join(directory, 'x.jfr');
    await writeFile(file, bytes);
    return checkRecording(file);
  };

  it('of several chunks is read chunk by chunk', async () => {
    const chunk = await readFile(sample);
    expect(await check(Buffer.concat([chunk, chunk]))).toMatchObject({ chunks: 2, bytes: chunk.length * 2 });
  });

  it('that is empty, cut, still being written or something else is told apart', async () => {
    const chunk = await readFile(sample);
    const writing = Buffer.from(chunk);
    writing.writeUInt8(255, 64);
    const shrunk = Buffer.from(chunk);
    shrunk.writeBigInt64BE(0n, 8);
    for (const [bytes, code] of [
      [Buffer.alloc(0), 'recording-empty'],
      [chunk.subarray(0, 10), 'recording-truncated'],
      [chunk.subarray(0, 30_000), 'recording-truncated'],
      [chunk.subarray(0, -1), 'recording-truncated'],
      [Buffer.concat([chunk, Buffer.from('x')]), 'recording-not-jfr'],
      [Buffer.from('<html>not found</html>'), 'recording-not-jfr'],
      [writing, 'recording-unfinished'],
      [shrunk, 'recording-not-jfr'],
    ] as const) {
      expect(await failureOf(check(bytes)), code).toMatchObject({ code });
    }
  });

  it('leaves the sample in one piece: simulated truncation is found', async () => {
    const { file } = await simulatedCollector({ truncate: true, tookSeconds: 0 })(task());
    expect(await failureOf(checkRecording(file))).toMatchObject({ code: 'recording-truncated' });
    expect(await readdir(directory)).toEqual(['simulated.jfr']);
  });
});
