import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

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

const folderOf = (path: string) => (path.includes('/') ? path.split('/')[0] : '');
const breaches = (from: RegExp, allowed: RegExp) =>
  imports
    .filter((each) => from.test(each.from) && !allowed.test(each.to))
    .map(({ from: a, to: b }) => `${a} → ${b}`);

it('finds the imports', () => {
  expect(imports.length).toBeGreaterThan(150);
});

it('events import no other folder of ours', () => {
  expect(breaches(/^events\//, /^(events\/|@sinclair\/|node:crypto)/)).toEqual([]);
});

it('machine, policy, decisions and parsers are pure: no clock, no I/O, no vendor', () => {
  const pure =
    /^(collection\/(machine|history|difference|diagram|pod-context|pod-guards|pod-updates|policy|decide|cooldowns|retry|(audit|explain|what-if)\/[a-z-]+)|ingest\/(alertmanager|alerts|alert-labels|parsed|formats|fit)|matchers)\.ts$/;
  expect(
    breaches(
      pure,
      /^(events\/|matchers\.ts$|xstate$|re2js$|@sinclair\/|ingest\/(alertmanager|alerts|alert-labels|parsed)\.ts$|collection\/(machine|history|pod-context|pod-guards|pod-updates|policy|decide|cooldowns|audit\/|explain\/|what-if\/))/,
    ),
  ).toEqual([]);
  for (const file of files.filter((each) => pure.test(each))) {
    expect(readFileSync(join(src, file), 'utf8'), file).not.toMatch(
      /Date\.now|new Date\(\)|Math\.random|performance\./,
    );
  }
});

it('only log imports nats', () => {
  expect(imports.filter(({ from, to }) => to === 'nats' && folderOf(from) !== 'log')).toEqual([]);
});

it('features never import each other: they meet in events', () => {
  expect(breaches(/^ingest\//, /^(?!collection\/)/)).toEqual([]);
  expect(breaches(/^collection\//, /^(?!ingest\/)/)).toEqual([]);
});

it('log, telemetry and http know no feature but the shapes that routes answer with', () => {
  expect(breaches(/^log\//, /^(?!collection\/|ingest\/|http\/|telemetry\/)/)).toEqual([]);
  expect(breaches(/^telemetry\//, /^(telemetry\/|pino$|prom-client$|@opentelemetry\/|node:timers)/)).toEqual(
    [],
  );
  expect(breaches(/^http\//, /^(?!ingest\/|log\/)/)).toEqual([]);
});

it('only the entry, the composition root, the configuration and commands see everything', () => {
  const roots =
    /^(main|app|api|edge|guards|read-model|ready|waiting|workers|config|config-file|config-guard|config-schema)\.ts$|^commands\//;
  const seeing = imports.filter(({ from, to }) => !roots.test(from) && roots.test(to));
  expect(seeing).toEqual([]);
});

it('the page imports nothing but itself: types are no import, and a browser has no packages', () => {
  const modules = globSync('web/*.js', { cwd: src });
  expect(modules.length).toBeGreaterThan(20);
  for (const file of modules) {
    const specifiers = [
      ...readFileSync(join(src, file), 'utf8').matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'/gms),
    ];
    for (const [, specifier] of specifiers) expect(specifier, file).toMatch(/^\.\/[a-z-]+\.js$/);
  }
});
