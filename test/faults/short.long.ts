import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const run = fileURLToPath(new URL('run.ts', import.meta.url));

it('two rounds of the fault suite keep every promise', async () => {
  const output = await new Promise<string>((resolve) => {
    const argv = [run, '--seed', 'short', '--rounds', '2'];
    execFile(process.execPath, argv, { timeout: 110_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  expect(output).toContain('2 passed, 0 failed');
}, 120_000);
