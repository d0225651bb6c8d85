// Secrets in command lines that people configure. They are known by what stands before them and by their own shape: SECURITY.md says what
// is, and what is not. Repetitions are bounded: a pattern that tries each of many letters as a beginning takes seconds. Masking too much is harmless, so every doubt ends that way.

/** What stands in the place of a secret. */
export const mask = '***';

/** So much of an argument is looked at, and of what is behind it nothing is shown. */
const maxLooked = 1_024;

/** The same arguments without secrets. */
export function masked(argv: readonly string[]): string[] {
  return argv.map((argument, index) => {
    const before = index > 0 ? argv[index - 1] : undefined;
    if (before !== undefined && isFlag(before) && isSecretName(before)) return mask;
    const looked = argument.slice(0, maxLooked);
    if (before !== undefined && userFlags.has(before)) return looked.replace(/:.*/s, `:${mask}`);
    const rest = argument.length > maxLooked ? '…' : '';
    return withoutKnown(withoutFlags(withoutNamed(withoutUrls(looked)))) + rest;
  });
}

/** `curl -u name:password` */
const userFlags: ReadonlySet<string> = new Set(['-u', '-U', '--user', '--proxy-user']);

function isFlag(argument: string): boolean {
  return /^-{1,2}[A-Za-z][\w.-]{0,63}$/.test(argument);
}

const secretWord =
  /(?:token|password|passwd|passphrase|secret|secrets|credentials?|apikey|authorization|cookie|jwt)$/;
const secretWords: ReadonlySet<string> = new Set(['pass', 'pwd', 'auth', 'bearer', 'sig', 'signature']);
const keysOf: ReadonlySet<string> = new Set(['access', 'account', 'api', 'auth', 'encryption', 'master', 'private', 'secret', 'shared', 'signing']); // prettier-ignore
/** What these say of a secret is none: where it lies, what kind it is. */
const harmless: ReadonlySet<string> = new Set(['file', 'path', 'dir', 'type', 'mode']);

/** True where the value of a flag, a variable, a header or a field of that name is a secret: `--api-key`, `PGPASSWORD`, `authToken`. */
function isSecretName(name: string): boolean {
  const words = name.replaceAll(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase().split(/[^a-z\d]+/); // prettier-ignore
  if (harmless.has(words.at(-1) ?? '')) return false;
  return words.some(
    (word, index) =>
      secretWord.test(word) ||
      secretWords.has(word) ||
      (word === 'key' && keysOf.has(words[index - 1] ?? '')),
  );
}

/** `scheme://user:password@host`: up to the last @, as a password may have an @ or a slash in it. */
function withoutUrls(text: string): string {
  return text.replaceAll(/([A-Za-z][A-Za-z\d+.-]{0,31}:\/\/)\S*@/g, `$1${mask}@`);
}

/** `name=value`, `name: value`, `"name": "value"`: up to the closing quote, the end of an assignment, or the end of a header. */
function withoutNamed(text: string): string {
  return withoutValues(
    text,
    /([A-Za-z_][\w.-]{0,63})["']?\s{0,8}([=:])\s{0,8}/g,
    ([, , separator], before) => {
      // An assignment that is not the whole argument ends with its word.
      const isWord = separator === '=' && !/^-{0,2}$/.test(before);
      return isWord ? /[\s&;"']/ : /["'\n]/;
    },
  );
}

/** `--token value` within one argument: the text of `sh -c`. */
function withoutFlags(text: string): string {
  return withoutValues(text, /(-{1,2}[A-Za-z][\w.-]{0,63})\s{1,8}/g, () => /\s/);
}

/** Masks the value behind each match whose first group is the name of a secret, up to its closing quote, else to what `endOf` finds. */
function withoutValues(
  text: string,
  names: RegExp,
  endOf: (match: RegExpExecArray, before: string) => RegExp,
): string {
  let shown = '';
  let done = 0;
  for (let match = names.exec(text); match; match = names.exec(text)) {
    const [whole, name = ''] = match;
    if (!isSecretName(name)) continue;
    const from = match.index + whole.length;
    const [quote = ''] = /^["']/.exec(text.slice(from, from + 1)) ?? [];
    const end = quote === '' ? endOf(match, text.slice(0, match.index)) : new RegExp(`(?<!\\\\)${quote}`);
    const length = text.slice(from + quote.length).search(end);
    shown += `${text.slice(done, from)}${mask}`;
    done = length < 0 ? text.length : from + quote.length + length + quote.length;
    names.lastIndex = done;
  }
  return shown + text.slice(done);
}

/** By their own shape: what follows Bearer or Basic, JSON Web Tokens, tokens of well-known services, private keys. */
function withoutKnown(text: string): string {
  return text
    .replaceAll(/\b(Bearer|Basic)(\s{1,8})[\w+/=.~-]+/gi, `$1$2${mask}`)
    .replaceAll(/\beyJ[\w-]{8,}\.[\w.-]+/g, mask)
    .replaceAll(/\b(?:gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|hvs\.|sk-)[\w-]{10,}/g, mask)
    .replaceAll(/\b(?:AKIA|ASIA)[A-Z\d]{16}\b/g, mask)
    .replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----.*/gs, mask);
}
