import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { context } from './build.ts';
import { run } from './run.ts';

/** Paths below `app` of an image that do not belong there. */
export async function superfluous(root: string): Promise<string[]> {
  const lock = JSON.parse(readFileSync(join(context, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: true }> }; // prettier-ignore
  const forDevelopment = new Set(Object.keys(lock.packages).filter((path) => lock.packages[path]?.dev));
  if (forDevelopment.size < 50) throw new Error('the lock file marks what is for development');
  const isWanted = (path: string) =>
    /(?:^|\/)[^/]*(?:licen[cs]e|notice)[^/]*$/i.test(path) || path.startsWith('node_modules/.cache/');
  const unwanted = [
    /^node_modules\/.*\.(?:[cm]?ts|map|md)$/,
    /^node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^@/][^/]*\/(?:tests?|docs|examples?|benchmarks?|\.github)$/,
    /(?:^|\/)\.git$|\.(?:long|test)\.ts$|^(?:test|docs|deploy|\.ci)$/,
  ];
  const entries = await readdir(join(root, 'app'), { recursive: true });
  return entries.filter(
    (path) => forDevelopment.has(path) || (!isWanted(path) && unwanted.some((pattern) => pattern.test(path))),
  );
}

/** What builds leave: caches of npm, lists and packages of apt. */
export async function leftovers(root: string): Promise<string[]> {
  const found = await Promise.all(
    [
      'root/.npm',
      'root/.npmrc',
      'root/.cache',
      'home/node/.npm',
      'tmp',
      'var/lib/apt/lists',
      'var/cache/apt/archives',
    ].map(async (path) => {
      const entry = await stat(join(root, path)).catch(() => undefined);
      if (!entry?.isDirectory()) return entry !== undefined && entry.size > 0 ? [path] : [];
      return (await readdir(join(root, path), { recursive: true })).map((name) => join(path, name));
    }),
  );
  // apt makes these again.
  return found.flat().filter((path) => !/\/(?:lock|partial|node-compile-cache)$/.test(path));
}

/** Programs and libraries of any system below `app`: each says by its first bytes what it is. */
export async function binaries(root: string): Promise<string[]> {
  const entries = await readdir(join(root, 'app'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter(isBinary).map((file) => file.slice(join(root, 'app/').length));
}

function isBinary(path: string): boolean {
  const file = openSync(path, 'r');
  const start = Buffer.alloc(4);
  readSync(file, start);
  closeSync(file);
  const magic = start.toString('hex');
  // ELF, Mach-O in both orders and as a bundle, WebAssembly, and MZ of Windows.
  return /^(?:7f454c46|cffaedfe|cefaedfe|feedfacf|cafebabe|0061736d|4d5a)/.test(magic);
}

/** Files, beside those of /data and of the base image, that the user of the image could write to if the root were not read-only. */
export async function writable(root: string, uid: number): Promise<string[]> {
  const found = await run(['find', root, '-xdev', '!', '-type', 'l', '(', '-uid', String(uid), '-o', '-perm', '-o+w', ')', '-printf', '/%P\n']); // prettier-ignore
  return found.split('\n').filter((path) => !/^\/(?:home|tmp|var|run|dev)(?:\/|$)/.test(path));
}

/** What an image adds to its base: bytes, and the folders that hold most of them. */
export async function growth(root: string, base: string): Promise<{ bytes: number; top: string }> {
  const [mine, its] = await Promise.all([sizesOf(root), sizesOf(base)]);
  const grown = [...mine].map(([path, bytes]) => [path, bytes - (its.get(path) ?? 0)] as const);
  const sorted = grown.sort(([, one], [, other]) => other - one).slice(0, 25);
  const top = sorted.map(([path, bytes]) => `${(bytes / 1e6).toFixed(1).padStart(6)} MB ${path}`).join('\n');
  return { bytes: (mine.get('/') ?? 0) - (its.get('/') ?? 0), top };
}

async function sizesOf(root: string): Promise<Map<string, number>> {
  const lines = await run(['du', '--bytes', '--max-depth=4', root]);
  return new Map(
    lines.split('\n').map((line) => {
      const [bytes = '', path = ''] = line.split('\t');
      return [path.slice(root.length) || '/', Number(bytes)];
    }),
  );
}
