import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Values of a Secret by their keys. */
export type Secret = Record<string, string>;

/**
 * Runs the commands of docs/deployment.md that create Secrets; what they hold, by `namespace/name`. kubectl is a stand-in
 * that writes down what it is told to create.
 */
export function secretsMade(): Map<string, Secret> {
  const directory = mkdtempSync(join(tmpdir(), 'alert-watcher-secrets-'));
  try {
    const [, section = ''] = readFileSync(join(root, 'docs/deployment.md'), 'utf8').split(
      '\n## Kubernetes\n',
    );
    const blocks = [...section.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, commands = '']) => commands);
    const script = blocks.filter((commands) => commands.includes('create secret')).join('\n');
    writeFileSync(join(directory, 's3.env'), 'access-key-id=a\nsecret-access-key=b\n');
    const log = join(directory, 'created.jsonl');
    writeFileSync(log, '');
    writeFileSync(join(directory, 'kubectl'), standIn(log));
    chmodSync(join(directory, 'kubectl'), 0o755);
    const env = { ...process.env, PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}` };
    execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: directory, env, stdio: 'pipe' });
    const created = readFileSync(log, 'utf8').split('\n').filter(Boolean);
    return new Map(created.map((line) => JSON.parse(line) as [string, Secret]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The keys of each. */
export function secretKeys(secrets: Map<string, Secret>): Map<string, string[]> {
  return new Map([...secrets].map(([name, secret]) => [name, Object.keys(secret)]));
}

/** `kubectl -n NAMESPACE create secret generic NAME`, with files only: a secret among the arguments is an error. */
function standIn(log: string): string {
  return `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const args = process.argv.slice(2);
if (args.join(' ').includes('create secret generic')) {
  const [, namespace, , , , name, ...from] = args;
  const secret = {};
  for (const each of from) {
    const [, how, rest] = /^--from-(env-file|file)=(.*)$/.exec(each) ?? [];
    if (how === 'env-file') for (const line of readFileSync(rest, 'utf8').split('\\n').filter(Boolean)) secret[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    else if (how === 'file') secret[rest.slice(0, rest.indexOf('='))] = readFileSync(rest.slice(rest.indexOf('=') + 1), 'utf8');
    else throw new Error('not from a file: ' + each.slice(0, 20));
  }
  appendFileSync(${JSON.stringify(log)}, JSON.stringify([namespace + '/' + name, secret]) + '\\n');
}
`;
}
