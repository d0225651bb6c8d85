import { type Command, program } from 'commander';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes, exitCodesText } from '../../src/commands/terminal/exit-codes.ts';
import { didYouMean } from '../../src/commands/terminal/did-you-mean.ts';
import '../../src/commands/program.ts';
import { run } from '../support/in-process.ts';
import { stubApi } from '../support/stub-api.ts';

const allBelow = (command: Command, path: string[] = []): { command: Command; path: string[] }[] => [
  { command, path },
  ...command.commands.flatMap((each) => allBelow(each, [...path, each.name()])),
];
const commands = allBelow(program);
const leaves = commands.filter(({ command }) => command.commands.length === 0);
const named = (all: typeof commands) => all.map((each) => [each.path.join(' '), each] as const);
const id = 'ab'.repeat(16);

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'alert-watcher-use-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));
const nowhere = () => ({ XDG_CONFIG_HOME: home, DATA_DIR: join(home, 'none') });

describe('--help', () => {
  it.each(named(commands))(
    'of `%s` says how it is used, and what every option does',
    async (_, { command, path }) => {
      const { code, stdout, stderr } = await run([...path, '--help'], nowhere());
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`Usage: ${['alert-watcher', ...path].join(' ')}`);
      for (const { long, description } of command.options) {
        expect(description, long ?? '').not.toBe('');
        expect(stdout).toContain(long);
      }
    },
  );

  it('tells the exit codes', async () => {
    expect((await run(['--help'])).stdout).toContain(exitCodesText);
    for (const code of Object.values(exitCodes))
      expect(exitCodesText).toMatch(new RegExp(`^  ${String(code)} `, 'm'));
  });
});

describe('wrong use is told with a hint, and without a stack trace', () => {
  it.each(named(leaves))('an unknown option of `%s`', async (_, { path }) => {
    const { code, stdout, stderr } = await run([...path, '--nope'], nowhere());
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/unknown option '--nope'|required option/);
    expect(stderr).toContain(`(alert-watcher ${path.join(' ')} --help shows how it is used)`);
  });

  it.each(named(leaves))('words too many for `%s`', async (_, { path }) => {
    const { code, stderr } = await run([...path, ...Array<string>(3).fill('bash')], nowhere());
    expect(code).toBe(2);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it.each<[string, string]>([
    ['', 'Usage: alert-watcher'],
    ['streams', 'Usage: alert-watcher streams'],
    ['context', 'Usage: alert-watcher context'],
    ['auditt', 'Did you mean audit?'],
    ['streams dif', 'Did you mean diff?'],
    ['fire storm --urll x', 'Did you mean --url?'],
    ['fire', 'name a scenario: not-responsive'],
    ['fire strom', 'did you mean storm?'],
    ['fire storm --format alert', 'did you mean alerts?'],
    ['fire storm --url localhost:8080', 'no address of a service, such as http://127.0.0.1:8080'],
    ['fire storm --url http://u:p@h', 'without a user or password'],
    ['fire storm --url http://h --context c', "'--url <url>' cannot be used with option '--context <name>'"],
    ['fire storm --path alerts', 'sources[].path'],
    ['fire storm --path /a --source b', 'cannot be used with'],
    ['fire storm --count 0', 'a whole number of at least 1'],
    ['fire storm --wait soon', 'a whole number of seconds'],
    ['fire storm --token-file /nowhere', 'the token cannot be read'],
    ['fire storm --ca-file /nowhere', 'the CA file cannot be read'],
    ['redrive', 'name a collection, or --failed-since'],
    [`redrive ${id} --failed-since 1h`, 'and not both'],
    ['redrive none', '32 hex digits'],
    ['redrive --failed-since yesterday', 'RFC 3339'],
    ['explain', "missing required argument 'what'"],
    ['explain a/b', 'kube_context/namespace/pod'],
    ['explain p --since soon', 'RFC 3339'],
    ['explain p --config c.yaml --url http://h', 'cannot be used with'],
    ['tail aw..x', 'expected a subject such as'],
    ['tail --since x', 'expected a sequence'],
    ['replay --pod x', 'kube-context/namespace/pod'],
    ['replay --step --json', 'cannot be used with'],
    ['collections --state faild', 'did you mean failed?'],
    ['collections --since x', 'RFC 3339'],
    ['collections --limit 0', 'a whole number of at least 1'],
    ['collections --json --jsonl', 'cannot be used with'],
    ['alerts --status fireing', 'did you mean firing?'],
    ['alerts --outcome recorde', 'did you mean recorded?'],
    ['serve --roles ingest,intak', 'did you mean intake?'],
    ['completion fsh', 'did you mean zsh or fish?'],
    ['completion', "missing required argument 'shell'"],
    ['context add c', "required option '--url <url>' not specified"],
    ['context add ../c --url http://h', 'expected letters, digits'],
    ['context use', 'name a context, or --none'],
    ['context use c --none', 'and not both'],
    ['context add c --url http://h --token-file /nowhere', 'the token cannot be read'],
    ['audit --accepted /nowhere', '/nowhere: ENOENT'],
  ])('`%s`', async (line, message) => {
    const { code, stdout, stderr } = await run(line.split(' ').filter(Boolean), nowhere());
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('a file of contexts that is wrong is named', async () => {
    const folder = join(home, 'alert-watcher');
    await mkdir(folder, { recursive: true });
    for (const [yaml, message] of [
      ['contexts: [a]', 'contexts.yaml: contexts: Expected object'],
      ['contexts: { a: { url: x } }\ncurrent: a', 'the url of a is no address of a service'],
      ['contexts: {', 'contexts.yaml: '],
    ] as const) {
      await writeFile(join(folder, 'contexts.yaml'), yaml);
      const { code, stderr } = await run(['collections'], nowhere());
      expect(code, yaml).toBe(2);
      expect(stderr).toContain(message);
    }
    await rm(folder, { recursive: true });
  });
});

it('what is like a word is offered, and nothing else', () => {
  const words = ['storm', 'group', 'flapping'];
  expect(['strom', 'STORM', 'flaping', 'grup'].map((word) => didYouMean(word, words))).toEqual([
    ' (did you mean storm?)',
    ' (did you mean storm?)',
    ' (did you mean flapping?)',
    ' (did you mean group?)',
  ]);
  expect(['', 'x', 'quake', 'x'.repeat(100_000)].map((word) => didYouMean(word, words))).toEqual([
    '',
    '',
    '',
    '',
  ]);
});

describe('the exit code is', () => {
  it.each(
    [
      ['tail', 'replay', 'replay --machine --pod a/b/c', 'replay --what-if docs/examples/crate.yaml'],
      [`redrive ${id}`, 'redrive --failed-since 1h', 'explain p', 'audit', 'streams diff', 'streams apply'],
    ].flat(),
  )('3 where NATS cannot be reached: `%s`', async (line) => {
    const words = line.split(' ').map((word) => (word.endsWith('.yaml') ? join(home, 'rules.yaml') : word));
    await writeFile(join(home, 'rules.yaml'), 'collections: [{ match: ["a=b"] }]');
    const away = await run(words, { ...nowhere(), NATS_URL: 'nats://127.0.0.1:1' });
    expect(away).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('no NATS server answers') as string }); // prettier-ignore
    const none = await run(words, nowhere());
    expect(none).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('set NATS_URL or DATA_DIR') as string,
    });
  });

  const remote = [
    'collections',
    'alerts',
    'pods',
    'sources',
    'explain p',
    `redrive ${id}`,
    'fire storm --source x',
  ];
  it.each<[number, number, string]>([
    [2, 400, 'detail'],
    [5, 401, '(--token-file, or tokenFile of the context)'],
    [5, 403, 'detail'],
    [4, 404, 'detail'],
    [3, 503, 'detail'],
    [3, 200, 'this is no Alert Watcher'],
  ])('%i where the service answers %i', async (code, status, message) => {
    const { url, close } = await stubApi(() => ({ status, json: { detail: 'a detail' } }));
    for (const line of remote) {
      const ran = await run([...line.split(' '), '--url', url], nowhere());
      expect([ran.code, line]).toEqual([code, line]);
      // What a redrive is refused for is its outcome.
      expect(`${ran.stderr}${ran.stdout}`).toContain(message);
    }
    await close();
    for (const line of remote) {
      const ran = await run([...line.split(' '), '--url', url], nowhere());
      expect(ran).toMatchObject({
        code: 3,
        stderr: expect.stringContaining(`nothing answers at ${url}`) as string,
      });
    }
  });
});
