import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLogger } from '../../src/telemetry/logger.ts';
import { prettyLines } from '../../src/telemetry/pretty.ts';

const module = new URL('../../src/telemetry/logger.ts', import.meta.url).href;
/** A program that logs a line with hostile characters, and ends. */
const program = (create: string) =>
  `import { createLogger, createPrettyLogger } from '${module}';
  (await ${create}).info({ pod: 'a\\u001b[2J\\u0085\\u202eb' }, 'hello');`;
const run = (create: string, env: Record<string, string> = {}) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', program(create)], { env: { ...process.env, ...env }, encoding: 'utf8' }); // prettier-ignore

/** The same with a terminal as its output: `script` makes one. */
function runOnTerminal(env: Record<string, string>): string {
  const { NO_COLOR: _, ...rest } = process.env;
  const command = '"$NODE" --input-type=module -e "$PROGRAM"';
  const PROGRAM = program(`createPrettyLogger('info', process.env)`);
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    env: { ...rest, TERM: 'xterm', NODE: process.execPath, PROGRAM, ...env },
    encoding: 'utf8',
  });
  return stdout;
}

it('a line for people is time, level, message and fields; a hostile value stays in its line, in JSON as well', () => {
  const { stdout } = run(`createPrettyLogger('info', process.env)`, { FORCE_COLOR: '1' });
  expect(stdout).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \+0000\] INFO: hello pod=a\\u\{1b\}\[2J\\u\{85\}\\u\{202e\}b\n$/); // prettier-ignore
  const json = run(`createLogger('info')`).stdout;
  expect(json).toMatch(/^\{"level":"info",.*"pod":"a\\u001b\[2J\\u0085\\u202eb","msg":"hello"\}\n$/);
  expect(JSON.parse(json)).toMatchObject({ pod: 'a\u001b[2J\u0085\u202eb' });
});

it('it is in colour on a terminal only, and not where NO_COLOR is set', () => {
  expect(runOnTerminal({})).toContain('\u001b[32mINFO\u001b[39m');
  expect(runOnTerminal({ NO_COLOR: '1' })).toContain('] INFO: hello pod=');
});

it('always one line without control characters, whatever its values are', () => {
  const lines: string[] = [];
  const logger = createLogger('info', prettyLines({ write: (line) => lines.push(line) }, false));
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, fc.jsonValue(), (message, label, value) => {
      lines.length = 0;
      logger.info({ label, value, err: new Error(message) }, message);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u);
      expect(lines[0]).toContain('label=');
    }),
  );
});
