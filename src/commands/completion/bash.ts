import { allOf, type CompletedCommand, type CompletionWords } from './model.ts';

/** A script for bash, from 3.2 on and without the package bash-completion. */
export function bashScript(program: CompletedCommand): string {
  const all = allOf(program);
  const deeper = all.slice(1).map(({ path }) => `/${path.join('/')}`);
  const lines = [
    `# Completion of ${program.name} for bash: source <(${program.name} completion bash)`,
    '_alert_watcher() {',
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' i IFS=$' \\t\\n'",
    '  # --option=value comes as three words.',
    '  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    case "$path/${COMP_WORDS[i]}" in',
    `      ${deeper.join('|')}) path="$path/\${COMP_WORDS[i]}" ;;`,
    '    esac',
    '  done',
    '  COMPREPLY=()',
    '  compopt +o default 2>/dev/null',
    '  case "$path $prev" in',
    ...all.flatMap(valueCases),
    '  esac',
    '  case "$path" in',
    ...all.map(wordCase),
    '  esac',
    '}',
    '_alert_watcher_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }',
    '_alert_watcher_files() { compopt -o default 2>/dev/null; }',
    `_alert_watcher_contexts() { _alert_watcher_words "$(${program.name} context ls 2>/dev/null | cut -f1)"; }`,
    `complete -o default -F _alert_watcher ${program.name}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** What comes behind options that take a value; those with the same values in one line. */
function valueCases({ path, options }: CompletedCommand): string[] {
  const patterns = new Map<string, string[]>();
  for (const { names, value } of options) {
    if (!value) continue;
    const offered = offer(value);
    const ofThese = names.map((name) => `'${['', ...path].join('/')} ${name}'`);
    patterns.set(offered, [...(patterns.get(offered) ?? []), ...ofThese]);
  }
  return [...patterns].map(([offered, these]) => `    ${these.join('|')}) ${offered}return ;;`);
}

/** What comes elsewhere: options, commands below it, what its argument may be. */
function wordCase({ path, options, commands, argument }: CompletedCommand): string {
  const flags = options.flatMap(({ names }) => names).filter((name) => name.startsWith('--'));
  const words =
    commands.length > 0 ? { kind: 'words' as const, words: commands.map(({ name }) => name) } : argument;
  const rest = words === undefined ? ':; ' : offer(words);
  return `    '${['', ...path].join('/')}') if [[ $cur == -* ]]; then ${offer({ kind: 'words', words: flags })}else ${rest}fi ;;`;
}

function offer(value: CompletionWords): string {
  if (value.kind === 'words') return `_alert_watcher_words '${value.words.join(' ')}'; `;
  return value.kind === 'free' ? ':; ' : `_alert_watcher_${value.kind}; `;
}
