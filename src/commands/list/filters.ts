import { Option } from 'commander';
import { timeArgument, wordArgument } from '../terminal/arguments.ts';

/** An option whose value is one of a few words. */
export function wordOption(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words).argParser(wordArgument(words));
}

/** A filter that can be given several times, of a few words. */
export function wordsFilter(flags: string, description: string, words: readonly string[]): Option {
  const wordOf = wordArgument(words);
  const parse = (text: string, before: string[] | undefined) => [...(before ?? []), wordOf(text)];
  return new Option(flags, `${description}; may be given several times`).choices(words).argParser(parse);
}

/** The pod or parts of it. */
export const podFilters = () => [
  new Option('--kube-context <name>', 'of this kube context'),
  new Option('--namespace <name>', 'of this namespace'),
];

export const podFilter = () => new Option('--pod <name>', 'of this pod');

/** Two ends of a time, told as a time or as a duration ago. */
export const timeFilters = (what: string) => [
  new Option('--since <time>', `${what} then or later: RFC 3339, or 90m, 24h, 7d ago`).argParser(
    timeArgument,
  ),
  new Option('--until <time>', `${what} then or earlier`).argParser(timeArgument),
];
