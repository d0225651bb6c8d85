import { program } from 'commander';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import '../src/commands/program.ts';
import { parseConfig } from '../src/config/file.ts';

const root = resolve(import.meta.dirname, '..');
const commands = program.commands.map((command) => command.name());
const documents = [...globSync('*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })];

/** Links of Markdown and the sources of its images, without code: that may look like one. */
function linksOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()<>]/g, ' '));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"|^\[[^\]]+\]: (\S+)/gm)];
  return links.flatMap(([, inline, html, reference]) => inline ?? html ?? reference ?? []);
}

/** The anchors that GitHub gives to the headings of a file. */
function anchorsOf(path: string): Set<string> {
  const text = readFileSync(path, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#+ (.+)$/gm)) {
    const plain = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
    const anchor = plain.trim().replaceAll(' ', '-');
    let number = 0;
    while (anchors.has(number === 0 ? anchor : `${anchor}-${String(number)}`)) number += 1;
    anchors.add(number === 0 ? anchor : `${anchor}-${String(number)}`);
  }
  return anchors;
}

describe.each(documents)('%s', (file) => {
  it('has no link to a file or heading that is not there', () => {
    const dead = linksOf(file).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(root, file) : resolve(root, dirname(file), path);
      if (relative(root, target).startsWith('..') || !existsSync(target)) return true;
      if (anchor === undefined) return false;
      return statSync(target).isDirectory() || !anchorsOf(target).has(anchor);
    });
    expect(dead).toEqual([]);
  });

  it('names no script of npm and no command that is not there', () => {
    const text = readFileSync(join(root, file), 'utf8');
    const unknown = (pattern: RegExp, known: readonly string[]) =>
      [...text.matchAll(pattern)].map(([, name = '']) => name).filter((name) => !known.includes(name));
    expect(unknown(/\bnpm run ([\w:-]+)/g, Object.keys(manifest.scripts))).toEqual([]);
    expect(unknown(/\bnpx alert-watcher ([a-z]+)/g, commands)).toEqual([]);
  });
});

it.each(globSync('docs/examples/*.yaml', { cwd: root }))('%s is a valid configuration', (file) => {
  const text = readFileSync(join(root, file), 'utf8');
  expect(parseConfig(text, file).collections.length).toBeGreaterThan(0);
});

it('finds links', () => {
  expect(documents.flatMap(linksOf).length).toBeGreaterThan(50);
});

it('leads from the README to every document', () => {
  const reached = new Set(['README.md']);
  for (const file of reached) {
    for (const link of linksOf(file)) {
      const target = relative(root, resolve(root, dirname(file), link.split('#')[0] ?? ''));
      if (documents.includes(target)) reached.add(target);
    }
  }
  expect(documents.filter((file) => !reached.has(file))).toEqual([]);
});

it('docs/architecture.md names no file that is not there', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const files = globSync('**/*.{ts,js}', { cwd: join(root, 'src') });
  const named = [...text.matchAll(/`([a-z-]+(?:\/[a-z-]+)*\.(?:ts|js))`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(20);
  const isThere = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});
