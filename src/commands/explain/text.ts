import { styleText } from 'node:util';
import { askedText, missedText } from '../../collection/explain/asked.ts';
import type { Outcome } from '../../collection/explain/explanation.ts';
import { spanBetween } from '../../kernel/explain/words.ts';
import { alertName, podName } from '../../collection/explain/words.ts';
import type { SeveralPods } from '../../collection/read/explanations.ts';
import { own } from '../../events/own.ts';
import type { Explained } from './answer.ts';
import { printable } from '../../telemetry/printable.ts';

type Chapter = Explained['chapters'][number];
type Step = Chapter['steps'][number];

/**
 * An explanation for people: for each chapter what it has come to, and how, step by step. What is told as one step is told one by
 * one with `all`.
 */
export function textOf(explanation: Explained, { all = false }: { all?: boolean | undefined } = {}): string {
  const { asked, at, pods, chapters, more } = explanation;
  if (chapters.length === 0) return `${printable(nothingText(explanation))}\n`;
  const lines = [
    styleText('dim', printable(`${askedText(asked)}, asked at ${at}`)),
    ...pods.map((pod) => printable(`pod ${podName(pod)} ${pod.sentence}`)),
    ...chapters.flatMap((chapter) => ['', ...chapterLines(all ? unfolded(chapter) : chapter, at)]),
    ...(!all && chapters.some(isFolded)
      ? ['', 'Several events are told as one line: --all tells each.']
      : []),
    ...(more > 0 ? ['', `and ${String(more)} older (--since, or the id of an alert or collection)`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What was looked for in vain, and where. */
export function nothingText({ asked, stream }: Explained): string {
  const { name, firstSequence, lastSequence, firstAt, lastAt } = stream;
  const holds =
    firstAt === undefined || lastAt === undefined || firstAt === null || lastAt === null
      ? 'has no messages'
      : `has messages from #${String(firstSequence)} (${firstAt}) to #${String(lastSequence)} (${lastAt})`;
  const missed = missedText(asked);
  const ways = missed === '' ? '' : `${missed} (alert-watcher tail declined --since 24h shows such alerts)`;
  return `nothing found: looked for ${askedText(asked)}; the stream ${name} ${holds}${ways}`;
}

/** The long forms of a name that several pods have. */
export function severalText(name: string, { severalPods }: SeveralPods): string {
  const lines = severalPods.map((pod) => printable(`  alert-watcher explain ${podName(pod)}`)).sort();
  const head = printable(`${String(severalPods.length)} pods are named ${name}; ask for one of them:`);
  return `${[head, ...lines].join('\n')}\n`;
}

type Colour = 'green' | 'red' | 'cyan' | 'yellow' | 'magenta';
const colours: Record<Outcome['kind'], Colour> = {
  uploaded: 'green',
  failed: 'red',
  declined: 'red',
  rejected: 'red',
  running: 'cyan',
  uploading: 'cyan',
  waiting: 'yellow',
  undecided: 'yellow',
  suppressed: 'yellow',
  unknown: 'yellow',
  ignored: 'magenta',
  resolved: 'magenta',
};

function isFolded({ steps }: Chapter): boolean {
  return steps.some(({ count }) => count !== undefined);
}

/** Each step by itself; of very many only the first hundred are known. */
function unfolded(chapter: Chapter): Chapter {
  const steps = chapter.steps.flatMap((step): Step[] => {
    const { steps: folded = [], count = 0, ...rest } = step;
    if (folded.length === 0) return [step];
    return folded.length < count ? [rest, ...folded] : folded;
  });
  return { ...chapter, steps };
}

function chapterLines(
  { pod, alerts, moreAlerts, collectionId, outcome, steps }: Chapter,
  now: string,
): string[] {
  const [first] = alerts;
  const others = alerts.length - 1 + moreAlerts;
  const alert = first && `${alertName(first)}, firing since ${first.startsAt}`;
  const what = `${alert ?? `collection ${collectionId ?? ''}`}${others > 0 ? `, and ${String(others)} more` : ''}`;
  const title = pod ? `${podName(pod)}: ${what}` : what;
  const ages = steps.map(({ at }) => `${spanBetween(at, now)} ago`);
  const numbers = steps.map(({ sequence }) => (sequence === undefined ? '' : `#${String(sequence)}`));
  const [ageWidth, numberWidth] = [widthOf(ages), widthOf(numbers)];
  // What no event says is said now.
  const whenOf = ({ at, sequence }: Step, index: number) =>
    sequence === undefined
      ? `  ${'now'.padEnd(at.length)}  ${' '.repeat(ageWidth)}  ${' '.repeat(numberWidth)}`
      : `  ${at}  ${(ages[index] ?? '').padStart(ageWidth)}  ${(numbers[index] ?? '').padEnd(numberWidth)}`;
  return [
    styleText('bold', printable(title)),
    styleText(own(colours, outcome.kind) ?? 'bold', printable(`→ ${outcome.sentence}`)),
    ...(outcome.action === undefined ? [] : [printable(`  ${outcome.action}`)]),
    ...steps.flatMap((step, index) => stepLines(step, whenOf(step, index))),
  ];
}

function stepLines({ sentence, details = [], counts }: Step, when: string): string[] {
  const words = printable(sentence);
  return [
    `${styleText('dim', when)}  ${counts === false ? styleText('dim', words) : words}`,
    ...details.map((detail) => `${' '.repeat(when.length)}  ${printable(detail)}`),
  ];
}

function widthOf(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}
