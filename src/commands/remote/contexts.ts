import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Document, parseDocument } from 'yaml';
import { ConfigError, errorsOf } from '../../config/fault.ts';
import { CommandFailed } from '../terminal/exit-codes.ts';
import { didYouMean } from '../terminal/did-you-mean.ts';

/** A service by a name of its own. */
export interface NamedService {
  url: string;
  /** Path of a file whose first line is a token of the API; absent: the service asks for none. */
  tokenFile?: string;
  /** Path of a PEM file with the authorities that are believed; absent: those of Node.js. */
  caFile?: string;
}

/** The contexts of this user, as the file has them. */
export interface NamedServices {
  path: string;
  /** Name of the one in use. */
  current?: string;
  all: ReadonlyMap<string, NamedService>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What a name may be: a shell takes it as one word. */
export const contextNameForm = /^[A-Za-z0-9][\w.-]{0,62}$/;

const path = Type.String({ minLength: 1 });
const closed = { additionalProperties: false };
const File = Type.Object(
  {
    current: Type.Optional(Type.String()),
    contexts: Type.Optional(
      Type.Record(
        Type.String({ pattern: contextNameForm.source }),
        Type.Object(
          { url: Type.String(), tokenFile: Type.Optional(path), caFile: Type.Optional(path) },
          closed,
        ),
        closed,
      ),
    ),
  },
  closed,
);

/** Where the contexts are: `$XDG_CONFIG_HOME/alert-watcher/contexts.yaml`, by default below `~/.config`. */
export function contextsPath(env: Env): string {
  const given = env['XDG_CONFIG_HOME'];
  // The specification has relative ones ignored.
  const home = given !== undefined && isAbsolute(given) ? given : join(env['HOME'] || homedir(), '.config');
  return join(home, 'alert-watcher', 'contexts.yaml');
}

/** Reads the contexts; there are none where there is no file. Paths in it begin at its folder. Throws ConfigError. */
export function readContexts(env: Env): NamedServices {
  const path = contextsPath(env);
  const document = documentIn(path);
  const file: unknown = document.toJS() ?? {};
  if (!Value.Check(File, file)) {
    const faults = errorsOf(File, file).map(
      ([keys, message]) => `${keys.join('.') || 'the file'}: ${message}`,
    );
    throw new ConfigError(`${path}: ${faults.slice(0, 5).join('; ')}`);
  }
  const { current, contexts = {} } = file;
  const absolute = (name: 'tokenFile' | 'caFile', value: string | undefined) =>
    value === undefined ? {} : { [name]: resolve(dirname(path), value) };
  const all = Object.entries(contexts).map(([name, { url, tokenFile, caFile }]): [string, NamedService] => [
    name,
    { url, ...absolute('tokenFile', tokenFile), ...absolute('caFile', caFile) },
  ]);
  return { path, ...(current === undefined ? {} : { current }), all: new Map(all) };
}

/** The context of that name. Throws CommandFailed where there is none. */
export function contextIn({ all, path }: NamedServices, name: string): NamedService {
  const context = all.get(name);
  if (context) return context;
  const there = all.size === 0 ? `${path} has none` : `there is ${[...all.keys()].join(', ')}`;
  const guess = didYouMean(name, [...all.keys()]);
  throw new CommandFailed('notFound', `there is no context ${name}${guess}; ${there}`);
}

/** Changes the file, and keeps what else stands in it, such as comments. It is for this user alone. */
export function changeContexts(env: Env, change: (document: Document) => void): void {
  const path = contextsPath(env);
  const document = documentIn(path);
  change(document);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${String(process.pid)}.next`;
  writeFileSync(next, document.toString(), { mode: 0o600 });
  renameSync(next, path);
}

function documentIn(path: string): Document {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isAbsent)
      throw new ConfigError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault) throw new ConfigError(`${path}: ${fault.message.split('\n')[0] ?? ''}`);
  return document.contents === null ? new Document({}) : document;
}
