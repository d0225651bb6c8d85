import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { problems } from '../../src/http/problem.ts';

const documentation = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

it('every code of an error is documented, with its status and meaning, and no other', () => {
  const rows = [...documentation.matchAll(/^\| `([a-z0-9-]+)` +\| (\d{3}) +\| (.+?) +\|$/gm)];
  const documented = rows.map(([, code, status, title]) => [code, Number(status), title]);

  expect(documented).toEqual(
    Object.entries(problems).map(([code, { status, title }]) => [code, status, title]),
  );
});
