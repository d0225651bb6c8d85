import { masked } from './secrets.ts';

const maxArguments = 50;
const maxArgument = 256;
const maxText = 2_000;

/**
 * A command line as events, logs and people may see it: secrets masked, and bounded in size. An argument that is cut ends in `…`; where
 * arguments are left out, the last one says how many. The environment is no part of it.
 */
export function shownArgv(argv: readonly string[]): string[] {
  const shown: string[] = [];
  let text = 0;
  for (const [index, argument] of masked(argv.slice(0, maxArguments)).entries()) {
    const cut =
      argument.length > maxArgument ? `${argument.slice(0, maxArgument - 1).toWellFormed()}…` : argument;
    text += cut.length;
    if (text > maxText && index > 0) break;
    shown.push(cut);
  }
  const left = argv.length - shown.length;
  return left === 0 ? shown : [...shown, `… ${String(left)} more argument${left === 1 ? '' : 's'}`];
}
