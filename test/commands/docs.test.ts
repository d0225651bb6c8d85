import { type Command, program } from 'commander';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import '../../src/commands/program.ts';
import { remoteOptions } from '../../src/commands/remote/service.ts';
import { exitCodes } from '../../src/commands/terminal/exit-codes.ts';

const text = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');

/** What stands under the heading of a command, and what its table of options names. */
function sectionOf(name: string): string {
  const [, section] = text.split(`\n## ${name}\n`);
  if (section === undefined) throw new Error(`docs/commands.md has no section on ${name}`);
  return section.split('\n## ')[0] ?? '';
}

const flagsIn = (part: string) => [...part.matchAll(/^\| `(--[^`]+)`/gm)].map(([, flags = '']) => flags);
/** What many commands have is described once, before all of them. */
const shared = flagsIn(text.split('\n## ')[0] ?? '');

function optionsOf(command: Command): string[] {
  const all = [command, ...command.commands].flatMap(({ options }) => options.map(({ flags }) => flags));
  return all.filter((flags) => !shared.includes(flags));
}

it.each(program.commands.map((command) => [command.name(), command] as const))(
  'docs/commands.md describes %s with exactly its options',
  (name, command) => {
    const section = sectionOf(name);
    expect(flagsIn(section).sort()).toEqual(optionsOf(command).sort());
    for (const each of command.commands) expect(section).toContain(`\`${name} ${each.name()}\``);
    for (const argument of command.registeredArguments) {
      const usage = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
      const shown =
        section.includes(`\`${name} ${usage}\``) || section.includes(`\`${name} <${argument.name()}>\``);
      expect(shown, `${name} ${usage}`).toBe(true);
    }
    expect(text).toContain(`\n| \`${name}\` `);
  },
);

it('describes no command that is not there', () => {
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  expect(headings).toEqual(program.commands.map((command) => command.name()));
});

it('has a row for each exit code', () => {
  const described = [...text.matchAll(/^\| (\d+)[ ,]/gm)].map(([, code]) => Number(code));
  expect(described).toEqual([...Object.values(exitCodes), 130]);
});

it('describes once what many commands have', () => {
  expect(shared).toEqual(remoteOptions().map(({ flags }) => flags));
  expect(text).toContain('`--url`, `--context` and `--ca-file`');
});
