import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');
const files = globSync('**/*.ts', { cwd: src }).map((file) => file.replaceAll('\\', '/'));

interface Import {
  from: string;
  /** A path below src, or a package's name. */
  to: string;
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(src, from), 'utf8');
  const specifiers = [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/gms)];
  return specifiers.map(([, specifier = '', dynamic]) => {
    const target = dynamic ?? specifier;
    const to = target.startsWith('.') ? relative(src, resolve(src, dirname(from), target)) : target;
    return { from, to };
  });
});

it('finds the imports', () => {
  expect(imports.length).toBeGreaterThan(150);
});

/** The room of a file: its first folder, and a file of the root as itself. */
const roomOf = (path: string) => path.split('/')[0] ?? '';
const features = ['alerts', 'collection', 'ingest'];
const shared = ['book', 'events', 'feature.ts', 'kernel', 'log', 'programs', 'telemetry'];
const isPackage = (to: string) => !files.includes(to) && !to.startsWith('..');

/** What a room imports of the others' files, but for those allowed. */
const breaches = (room: string, allowed: readonly string[]) =>
  imports
    .filter(({ from, to }) => roomOf(from) === room && !isPackage(to))
    .filter(({ to }) => roomOf(to) !== room && !allowed.includes(roomOf(to)))
    .map(({ from, to }) => `${from} → ${to}`);
const packagesOf = (room: string) =>
  new Set(imports.filter(({ from, to }) => roomOf(from) === room && isPackage(to)).map(({ to }) => to));

describe('a room imports', () => {
  it.each([
    ['events', []],
    ['telemetry', []],
    ['log', ['events']],
    ['book', ['events']],
    ['kernel', ['events', 'log', 'telemetry']],
    ['programs', ['kernel', 'events', 'log']],
    ['http', ['events', 'telemetry']],
    ['config', [...features, 'events', 'http', 'kernel', 'log', 'telemetry']],
    ['feature.ts', ['config', 'events', 'http', 'kernel', 'log', 'telemetry']],
  ])('%s: of ours nothing but %j', (room, allowed) => {
    expect(files.some((file) => roomOf(file) === room)).toBe(true);
    expect(breaches(room, allowed)).toEqual([]);
  });

  it.each(features)('%s: no other feature', (feature) => {
    const allowed = [...shared, 'config', 'http'];
    expect(breaches(feature, allowed)).toEqual([]);
  });

  it('events: no package but the schemas, and node:crypto', () => {
    expect([...packagesOf('events')].filter((each) => !/^(@sinclair\/|node:crypto$)/.test(each))).toEqual([]);
  });

  it('kernel: no package but xstate and matchers of regular expressions, and no word of pods', () => {
    expect([...packagesOf('kernel')].filter((each) => !/^(node:|xstate$|re2js$)/.test(each))).toEqual([]);
    for (const file of files.filter((each) => roomOf(each) === 'kernel'))
      expect(readFileSync(join(src, file), 'utf8'), file).not.toMatch(/pod|collection/i);
  });

  it('nats: only log', () => {
    expect(imports.filter(({ from, to }) => to === 'nats' && roomOf(from) !== 'log')).toEqual([]);
  });
});

describe('what decides is pure', () => {
  const pure =
    /^(events|book|collection\/(pod|audit|explain|what-if)|kernel\/(replay|explain|audit)|ingest\/formats)\/|^kernel\/(matchers|react\/retry|fold\/(aggregate|board|entries))\.ts$|^collection\/(intake\/(policy|decide|labels)|targets\/(aggregate|pods))\.ts$/;
  const pureFiles = files.filter((file) => pure.test(file));

  it('no clock and no chance', () => {
    expect(pureFiles.length).toBeGreaterThan(60);
    for (const file of pureFiles) {
      expect(readFileSync(join(src, file), 'utf8'), file).not.toMatch(
        /Date\.now|new Date\(\)|Math\.random|performance\./,
      );
    }
  });

  it('no I/O and no vendor', () => {
    const vendors = /^(@sinclair\/|xstate$|re2js$|node:crypto$)/;
    const impure = imports.filter(
      ({ from, to }) => pure.test(from) && (isPackage(to) ? !vendors.test(to) : !pure.test(to)),
    );
    expect(impure.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });
});

it('no folder has more than 15 files of its own, but the page', () => {
  const counts = new Map<string, number>();
  for (const file of globSync('**/*.{ts,js}', { cwd: src })) {
    const folder = dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  expect([...counts].filter(([, count]) => count > 15)).toEqual([]);
});

it('no two exported types share a name', () => {
  const names = files.flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    return [...text.matchAll(/^export (?:interface|type|class) (\w+)/gm)].map(([, name = '']) => name);
  });
  expect(names.length).toBeGreaterThan(200);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it('the page imports nothing but itself: types are no import, and a browser has no packages', () => {
  const modules = globSync('web/**/*.js', { cwd: src });
  expect(modules.length).toBeGreaterThan(40);
  for (const file of modules) {
    const specifiers = [
      ...readFileSync(join(src, file), 'utf8').matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'/gms),
    ];
    for (const [, specifier] of specifiers)
      expect(specifier, file).toMatch(/^(\.|\.\.)\/([a-z-]+\/)?[a-z-]+\.js$/);
  }
});
