import { type Command, program } from 'commander';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import '../../src/commands/program.ts';

const text = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');

/** What stands under the heading of a command, and what its table of options names. */
function sectionOf(name: string): string {
  const [, section] = text.split(`\n## ${name}\n`);
  if (section === undefined) throw new Error(`docs/commands.md has no section on ${name}`);
  return section.split('\n## ')[0] ?? '';
}

function optionsOf(command: Command): string[] {
  return [command, ...command.commands].flatMap(({ options }) => options.map(({ flags }) => flags));
}

it.each(program.commands.map((command) => [command.name(), command] as const))(
  'docs/commands.md describes %s with exactly its options',
  (name, command) => {
    const section = sectionOf(name);
    const described = [...section.matchAll(/^\| `(--[^`]+)`/gm)].map(([, flags]) => flags);
    expect(described.sort()).toEqual(optionsOf(command).sort());
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
