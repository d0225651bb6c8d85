import { allOf, type CompletedCommand, type CompletedOption, type CompletionWords } from './model.ts';

/** A script for zsh: a file `_alert-watcher` in a folder of `fpath`, or to be sourced after `compinit`. */
export function zshScript(program: CompletedCommand): string {
  const lines = [
    `#compdef ${program.name}`,
    `# Completion of ${program.name} for zsh: source <(${program.name} completion zsh)`,
    '_alert-watcher_contexts() {',
    '  local -a names',
    `  names=(\${(f)"$(${program.name} context ls 2>/dev/null | cut -f1)"})`,
    '  _describe -t contexts context names',
    '}',
    ...allOf(program).reverse().flatMap(functionOf),
    'if [[ ${funcstack[1]} == _alert-watcher ]]; then',
    '  _alert-watcher "$@"',
    'else',
    `  compdef _alert-watcher ${program.name}`,
    'fi',
  ];
  return `${lines.join('\n')}\n`;
}

function functionOf(command: CompletedCommand): string[] {
  const { options, commands, argument } = command;
  const specs = options.flatMap(specsOf);
  if (commands.length === 0) {
    const rest = argument ? [`'1:${argument.name}:${actionOf(argument)}'`] : [];
    return [`${nameOf(command)}() {`, `  _arguments \\`, `    ${[...specs, ...rest].join(' \\\n    ')}`, '}'];
  }
  return [
    `${nameOf(command)}() {`,
    '  local curcontext="$curcontext" state state_descr line',
    '  typeset -A opt_args',
    '  local -a commands',
    `  commands=(${commands.map(({ name, description }) => quoted(`${name}:${description}`)).join(' ')})`,
    `  _arguments -C \\`,
    `    ${[...specs, "'1:command:->command'", "'*::argument:->argument'"].join(' \\\n    ')}`,
    '  case $state in',
    '    command) _describe -t commands command commands ;;',
    '    argument)',
    '      case $line[1] in',
    ...commands.map((each) => `        ${each.name}) ${nameOf(each)} ;;`),
    '      esac ;;',
    '  esac',
    '}',
  ];
}

function nameOf({ path }: CompletedCommand): string {
  return ['_alert-watcher', ...path].join('_');
}

function specsOf({ names, description, value, repeats }: CompletedOption): string[] {
  const others = names.length > 1 && !repeats ? `(${names.join(' ')})` : '';
  const what = `[${description.replaceAll(/[[\]\\:]/g, '\\$&')}]`;
  const taken = value ? `:value:${actionOf(value)}` : '';
  // With = after it, the value may follow it there or as the next word.
  const end = value ? '=' : '';
  return names.map((name) => quoted(`${repeats ? '*' : others}${name}${end}${what}${taken}`));
}

function actionOf(value: CompletionWords): string {
  switch (value.kind) {
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'files':
      return '_files';
    case 'contexts':
      return '_alert-watcher_contexts';
    case 'free':
      return ' ';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
