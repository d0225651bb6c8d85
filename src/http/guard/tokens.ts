import { isOneOf } from './credentials.ts';
import { BadSecretLine, type SecretFileDeps, secretFile } from './secret-file.ts';

/** A token, and what the log calls whoever shows it. */
export interface NamedToken {
  secret: string;
  name: string;
}

export type Tokens = () => readonly NamedToken[];

const named = /^(\S+)\s+name=(.*)$/;
const nameForm = /^[A-Za-z0-9][\w.@-]{0,63}$/;

/**
 * Reads tokens from a file, one a line: `TOKEN`, or `TOKEN name=ada`. One without a name is called by its line, such as
 * `readTokenFile:2`. Several may have one name. Throws as `secretFile` does, and where a name is not usable.
 */
export function tokenFile(path: string, key: string, deps: SecretFileDeps): Tokens {
  return secretFile(path, deps, (line, number) => {
    const [, secret, name] = named.exec(line) ?? [];
    if (secret === undefined || name === undefined) return { secret: line, name: `${key}:${String(number)}` };
    if (nameForm.test(name)) return { secret, name };
    const expected = 'letters, digits and . _ @ -, at most 64, the first a letter or digit';
    throw new BadSecretLine(path, number, `the name of a token has ${expected}`);
  });
}

/** False for what stands for a name where a token has none. */
export function isGivenName(name: string): boolean {
  return nameForm.test(name);
}

/** The name of a token that was shown. Takes the same time whichever it is. */
export function nameOf(given: string | undefined, tokens: Tokens): string | undefined {
  const all = tokens();
  const matches = all.map(({ secret }) => isOneOf(given, () => [secret]));
  return all[matches.indexOf(true)]?.name;
}
