import { Parser } from '@asyncapi/parser';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('streams/asyncapi.yaml is valid by the parser of AsyncAPI itself', async () => {
  const text = readFileSync(new URL('../../streams/asyncapi.yaml', import.meta.url), 'utf8');
  const { document, diagnostics } = await new Parser().parse(text);
  // 0 is an error, 1 a warning; what is left says that there is a newer version of AsyncAPI.
  const found = diagnostics.map(({ severity, message }) => `${String(severity)} ${message}`);
  expect(found.filter((each) => /^[01]/.test(each))).toEqual([]);
  expect(document?.version()).toBe('3.0.0');
});
