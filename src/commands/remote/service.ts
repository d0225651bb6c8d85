import { type Command, InvalidArgumentError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { setDefaultCACertificates } from 'node:tls';
import { ConfigError } from '../../config/fault.ts';
import { contextIn, readContexts } from './contexts.ts';

/** What the command line says of the service that is asked. */
export interface RemoteOptions {
  url?: string;
  context?: string;
  tokenFile?: string;
  caFile?: string;
}

/** A service, and what it is shown. */
export interface Service {
  /** Without a slash at the end. */
  url: string;
  token?: string;
  /** Name of the context that it is from. */
  context?: string;
}

/** Where a service listens that is started without any setting. */
export const defaultUrl = 'http://127.0.0.1:8080';

/** Options of every command that asks a service by HTTP. */
export const remoteOptions = (): Option[] => [
  urlOption(),
  contextOption(),
  tokenFileOption('--token-file <file>'),
  caFileOption(),
];

export const urlOption = () =>
  new Option('--url <url>', `address of the service (default: that of the context, else ${defaultUrl})`)
    .argParser(urlArgument)
    .conflicts('context');

export const contextOption = () =>
  new Option(
    '--context <name>',
    'the service of that context (default: ALERT_WATCHER_CONTEXT, else the one in use)',
  );

export const caFileOption = () =>
  new Option('--ca-file <file>', 'certificates (PEM) to trust instead of those of Node.js');

export const tokenFileOption = (flags: string) =>
  new Option(flags, 'its first line is a token of the API (access)');

/** Adds options to a command; for chains. */
export function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

/**
 * The service that was named: by `--url`, else by `--context`, ALERT_WATCHER_CONTEXT or the context in use, else the one of
 * this machine. The token of a context goes to its own URL only. Trusts the CA file from now on, in the whole process.
 * Throws ConfigError, and CommandFailed where there is no such context.
 */
export function serviceOf(options: RemoteOptions, env = process.env): Service {
  const named = options.url === undefined ? contextOf(options, env) : undefined;
  const { url, tokenFile, caFile } = {
    ...{ url: options.url ?? defaultUrl, ...named?.context },
    ...(options.tokenFile === undefined ? {} : { tokenFile: options.tokenFile }),
    ...(options.caFile === undefined ? {} : { caFile: options.caFile }),
  };
  if (caFile !== undefined) trust(caFile);
  return {
    url,
    ...(tokenFile === undefined ? {} : { token: tokenIn(tokenFile) }),
    ...(named ? { context: named.name } : {}),
  };
}

/**
 * True where a command that can read NATS, too, is to ask a service: one is named, or a context is in use and NATS_URL says
 * nothing else.
 */
export function isRemote({ url, context }: RemoteOptions, env = process.env): boolean {
  if (url !== undefined || context !== undefined || env['ALERT_WATCHER_CONTEXT']) return true;
  return !env['NATS_URL'] && readContexts(env).current !== undefined;
}

function contextOf({ context }: RemoteOptions, env: NodeJS.ProcessEnv) {
  const contexts = readContexts(env);
  const name = context ?? (env['ALERT_WATCHER_CONTEXT'] || contexts.current);
  if (name === undefined) return undefined;
  const found = contextIn(contexts, name);
  const url = addressOf(found.url);
  if (url === undefined) throw new ConfigError(`${contexts.path}: the url of ${name} is ${addressForm}`);
  return { name, context: { ...found, url } };
}

const addressForm = 'no address of a service, such as http://127.0.0.1:8080 (without a user or password)';

/** An address without the slash at its end; undefined where it is none. */
function addressOf(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) return undefined;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function urlArgument(text: string): string {
  const url = addressOf(text);
  if (url !== undefined) return url;
  throw new InvalidArgumentError(`it is ${addressForm}`);
}

/** The first line of a file: a token among the arguments would be seen by everybody on the machine. */
export function tokenIn(path: string): string {
  const [token] = read(path, 'the token').split(/\s+/).filter(Boolean);
  if (token !== undefined) return token;
  throw new ConfigError(`${path} holds no token`);
}

function trust(path: string): void {
  try {
    setDefaultCACertificates([read(path, 'the CA file')]);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `${path} holds no certificate in PEM: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${what} cannot be read: ${error instanceof Error ? error.message : path}`);
  }
}
