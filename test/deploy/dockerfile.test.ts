import { validate } from 'dockerfile-utils';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stagesOf } from '../support/dockerfile.ts';
import { asNpmStart } from '../support/process.ts';
import packageJson from '../../package.json' with { type: 'json' };

const context = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(context, 'deploy/Dockerfile'), 'utf8');
const stages = stagesOf(text);
const stepsOf = (name: string) => stages.get(name)?.steps ?? [];

describe('deploy/Dockerfile', () => {
  it('has nothing that the linter complains about', () => {
    expect(validate(text)).toEqual([]);
  });

  it('builds the service where no target is named', () => {
    expect(stages.get('')).toEqual({ base: 'service', steps: [] });
  });

  it('runs as a user that has a number and is not root, in every target', () => {
    for (const target of ['service', 'kubectl']) {
      const users = [...stepsOf('service'), ...(target === 'kubectl' ? stepsOf(target) : [])].filter(
        ({ keyword }) => keyword === 'USER',
      );
      expect(users.at(-1)?.argument).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    }
  });

  it('downloads nothing without its sum', () => {
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    expect(lines.join('\n')).not.toMatch(/curl|wget/);
    const added = lines.join('\n').match(/^ADD .*$/gm) ?? [];
    for (const line of added) expect(line).toMatch(/--checksum=sha256:[0-9a-f]{64} /);
  });

  it('starts the service with the flags of npm start, below an init that reaps', () => {
    const { start } = packageJson.scripts;
    const cmd = stepsOf('service').find(({ keyword }) => keyword === 'CMD')?.words ?? [];
    expect(cmd.join(' ').replace('/app/', '')).toBe(start);
    expect(cmd).toEqual(expect.arrayContaining(asNpmStart));
    expect(stepsOf('service').find(({ keyword }) => keyword === 'ENTRYPOINT')?.words[0]).toBe(
      '/usr/bin/tini',
    );
  });

  it('gets from the build context what it copies, and .dockerignore lets nothing else in', () => {
    const ignore = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')); // prettier-ignore
    const copied = [...stages.values()]
      .flatMap(({ steps }) => steps)
      .filter(({ keyword, from }) => keyword === 'COPY' && from === undefined)
      .flatMap(({ argument }) => argument.split(/\s+/).slice(0, -1));
    expect(ignore[0]).toBe('*');
    expect(new Set(ignore.slice(1))).toEqual(new Set(copied.map((path) => `!${path}`)));
  });
});
