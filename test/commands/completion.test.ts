import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { program } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import '../../src/commands/program.ts';
import { scenarios } from '../../src/commands/fire/scenarios.ts';
import { run } from '../support/in-process.ts';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const names = program.commands.map((command) => command.name());

/** What a real bash offers for each of these lines at its end. One bash for all: the script is read as users read it. */
async function offered(lines: readonly string[], contexts = ''): Promise<string[][]> {
  const home = await mkdtemp(join(tmpdir(), 'alert-watcher-completion-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  for (const line of contexts === '' ? [] : [contexts])
    await run(['context', 'add', line, '--url', 'http://h'], { XDG_CONFIG_HOME: home });
  const { stdout: completion } = await run(['completion', 'bash']);
  await writeFile(join(home, 'completion.bash'), completion);
  const script = `
alert-watcher() { ${process.execPath} ${main} "$@"; }
source ${home}/completion.bash
[[ $(complete -p alert-watcher) == *_alert_watcher* ]] || exit 9
while IFS= read -r line; do
  COMP_WORDS=($line) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  if [[ $line == *' ' ]]; then COMP_CWORD=$((COMP_CWORD + 1)) COMP_WORDS+=(''); fi
  _alert_watcher
  echo "\${COMPREPLY[*]}"
done`;
  const child = promisify(execFile)('bash', ['--norc', '-c', script], {
    env: { ...process.env, XDG_CONFIG_HOME: home },
  });
  child.child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
  const { stdout, stderr } = await child;
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n').map((line) => line.split(' ').filter(Boolean)); // prettier-ignore
}

describe('completion bash, in a real bash', () => {
  const cases: [line: string, words: string[]][] = [
    ['alert-watcher ', names],
    ['alert-watcher re', ['replay', 'redrive']],
    ['alert-watcher --v', ['--version']],
    ['alert-watcher streams ', ['diff', 'apply']],
    ['alert-watcher streams apply --', ['--anew', '--help']],
    ['alert-watcher fire ', scenarios.map(({ name }) => name)],
    ['alert-watcher fire fl', ['flapping']],
    ['alert-watcher fire storm --format ', ['alertmanager', 'alerts']],
    // Bash takes = for a word of its own.
    ['alert-watcher fire storm --format = alertm', ['alertmanager']],
    ['alert-watcher fire storm --so', ['--source', '--source-token-file']],
    ['alert-watcher fire --pod demo --js', ['--json']],
    ['alert-watcher fire --namespace ', []],
    ['alert-watcher collections --state c', ['collecting', 'cancelled']],
    ['alert-watcher alerts --status ', ['firing', 'resolved']],
    ['alert-watcher tail up', ['uploaded']],
    ['alert-watcher completion ', ['bash', 'zsh', 'fish']],
    ['alert-watcher context ', ['ls', 'add', 'use', 'rm']],
    ['alert-watcher collections --context ', ['production']],
    ['alert-watcher explain ', []],
  ];

  it('offers commands, options, their words, scenarios and contexts', async () => {
    const words = await offered(cases.map(([line]) => line), 'production'); // prettier-ignore
    expect(cases.map(([line], index) => [line, words[index] ?? []])).toEqual(cases);
  });
});

it.each(['bash', 'zsh', 'fish'])('completion %s knows every command and option', async (shell) => {
  const { code, stdout } = await run(['completion', shell]);
  expect(code).toBe(0);
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) {
    expect(stdout).toContain(command.name());
    for (const { long } of command.options)
      expect(stdout).toContain(shell === 'fish' ? `-l ${String(long).slice(2)}` : long);
  }
});
