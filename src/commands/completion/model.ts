import type { Argument, Command, Option } from 'commander';

/** What can stand in a place of the command line. `free`: what only the user knows. */
export type CompletionWords =
  { kind: 'words'; words: readonly string[] } | { kind: 'files' | 'contexts' | 'free' };

export interface CompletedOption {
  /** Such as `--url`; more than one where it has two names. */
  names: string[];
  description: string;
  /** Absent: it takes no value. */
  value?: CompletionWords;
  repeats: boolean;
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** The words that lead to it, without the name of the program. */
  path: readonly string[];
  name: string;
  description: string;
  options: CompletedOption[];
  commands: CompletedCommand[];
  argument?: CompletionWords & { name: string };
}

/** A command with all below it, from its definition. */
export function completedOf(command: Command, path: readonly string[] = []): CompletedCommand {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  const [argument] = command.registeredArguments;
  return {
    ...{ path, name: command.name(), description: firstClause(command.summary() || command.description()) },
    options: help.visibleOptions(command).map(optionOf),
    commands: commands.map((each) => completedOf(each, [...path, each.name()])),
    ...(argument ? { argument: { name: argument.name(), ...wordsOf(argument.name(), argument) } } : {}),
  };
}

/** A command and all below it, in one list. */
export function allOf(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.commands.flatMap(allOf)];
}

function optionOf(option: Option): CompletedOption {
  const { flags, description, required, optional } = option;
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? '';
  const takesValue = required || optional;
  return {
    names: flags.match(/(?<![\w-])--?[\w-]+/g) ?? [],
    description: firstClause(description),
    ...(takesValue ? { value: wordsOf(option.long === '--context' ? 'context' : placeholder, option) } : {}),
    repeats: takesValue && (option.argChoices?.length ?? 0) > 0 && description.includes('several times'),
  };
}

function wordsOf(name: string, { argChoices }: Pick<Option | Argument, 'argChoices'>): CompletionWords {
  if (argChoices) return { kind: 'words', words: argChoices };
  if (name === 'file' || name === 'config') return { kind: 'files' };
  return { kind: name === 'context' ? 'contexts' : 'free' };
}

/** Shells show one line. */
function firstClause(text: string): string {
  return text.split(/[;(]/, 1)[0]?.trim() ?? '';
}
