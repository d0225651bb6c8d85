import { allOf, type CompletedCommand, type CompletedOption, type CompletionWords } from './model.ts';

/** A script for fish: a file alert-watcher.fish in `~/.config/fish/completions`. */
export function fishScript(program: CompletedCommand): string {
  const lines = [
    `# Completion of ${program.name} for fish: ${program.name} completion fish | source`,
    `complete -c ${program.name} -f`,
    ...allOf(program).flatMap((command) => linesOf(program.name, command)),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf(program: string, { path, options, commands, argument }: CompletedCommand): string[] {
  const deeper = commands.map(({ name }) => name);
  const conditions = [
    ...path.map((word) => `__fish_seen_subcommand_from ${word}`),
    ...(deeper.length > 0 ? [`not __fish_seen_subcommand_from ${deeper.join(' ')}`] : []),
  ];
  const start = `complete -c ${program} -n ${quoted(conditions.join('; and '))}`;
  const values = argument ? valueOf(argument) : '';
  return [
    ...commands.map(({ name, description }) => `${start} -a ${name} -d ${quoted(description)}`),
    ...(values === '' ? [] : [`${start}${values}`]),
    ...options.map((option) => `${start}${flagsOf(option)} -d ${quoted(option.description)}`),
  ];
}

function flagsOf({ names, value }: CompletedOption): string {
  const flags = names.map((name) =>
    name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`,
  );
  return `${flags.join('')}${value ? ` ${value.kind === 'files' ? '-r' : '-x'}${valueOf(value)}` : ''}`;
}

function valueOf(value: CompletionWords): string {
  switch (value.kind) {
    case 'words':
      return ` -a ${quoted(value.words.join(' '))}`;
    case 'files':
      return ' -F';
    case 'contexts':
      return " -a '(alert-watcher context ls 2>/dev/null | cut -f1)'";
    case 'free':
      return '';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
