import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Names of the contexts that kubectl knows by its files (KUBECONFIG, else ~/.kube/config); a file that is not there has none.
 * Undefined where a file cannot be read as YAML. Starts no program.
 */
export async function readContexts(env: Environment): Promise<ReadonlySet<string> | undefined> {
  const named = env['KUBECONFIG']?.split(delimiter).filter(Boolean) ?? [];
  const files = named.length > 0 ? named : [join(env['HOME'] ?? '/', '.kube/config')];
  try {
    return new Set((await Promise.all(files.map(contextsIn))).flat());
  } catch {
    return undefined;
  }
}

async function contextsIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw error;
  });
  const config: unknown = parse(text);
  const contexts: unknown = isObject(config) ? config['contexts'] : undefined;
  if (!Array.isArray(contexts)) return [];
  return contexts.flatMap((each: unknown) =>
    isObject(each) && typeof each['name'] === 'string' ? [each['name']] : [],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
