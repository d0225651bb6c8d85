import { InvalidArgumentError } from 'commander';
import { timeOf } from '../../events/instant.ts';
import { parsePoint, parseTime, type Point, timeForms } from '../../events/point.ts';
import { didYouMean } from './did-you-mean.ts';
import { type Pod } from '../../events/subjects.ts';

/** A time as an argument: RFC 3339. Throws InvalidArgumentError, which commander tells with the option's name. */
export function timeArgument(text: string): string {
  const time = parseTime(text, timeOf(Date.now()));
  if (time === undefined) throw new InvalidArgumentError(`expected ${timeForms}`);
  return time;
}

/** A place in the stream as an argument. */
export function pointArgument(text: string): Point {
  const point = parsePoint(text, timeOf(Date.now()));
  if (!point) throw new InvalidArgumentError(`expected a sequence, ${timeForms}`);
  return point;
}

/** A pod as an argument: `kube_context/namespace/pod`, the context may hold slashes. */
export function podArgument(text: string): Pod {
  const parts = text.split('/');
  const [pod, namespace] = [parts.pop(), parts.pop()];
  const kubeContext = parts.join('/');
  if (!pod || !namespace || !kubeContext)
    throw new InvalidArgumentError('expected kube-context/namespace/pod');
  return { kubeContext, namespace, pod };
}

/** One of a few words as an argument. */
export function wordArgument<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`expected one of ${words.join(', ')}${didYouMean(text, words)}`);
  };
}

/** The id of a collection as an argument. */
export function collectionArgument(text: string): string {
  if (/^[0-9a-f]{32}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('expected the id of a collection: 32 hex digits');
}

/** A whole number of at least 1 as an argument. */
export function countArgument(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of at least 1');
}
