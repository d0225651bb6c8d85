import { millisOf } from '../../events/instant.ts';
import type { Asking } from './alert-outcome.ts';
import { type Book, createBook } from './book.ts';
import { chapterOf, headOf } from './chapter.ts';
import {
  type Asked,
  type Chapter,
  type Evidence,
  type Explanation,
  isOpen,
  type PodNow,
} from './explanation.ts';
import { type Part, type Plot, plotsOf } from './plots.ts';

/** So many chapters are told. */
const maxChapters = 20;

/** Why there is a recording, or none. Pure: `now` is RFC 3339. No chapters: nothing of what was asked is in the evidence. */
export function explain(asked: Asked, evidence: Evidence, now: string): Explanation {
  const book = createBook(evidence.events);
  const chapters = chaptersOf(book, asked, { evidence, now }).filter((chapter) => isMeant(chapter, asked));
  const told = chapters.slice(0, maxChapters);
  const { stream } = evidence;
  return {
    asked,
    at: now,
    stream,
    pods: podsOf(book, now),
    chapters: told,
    more: chapters.length - told.length,
  };
}

/** Newest first; behind that of an alert about several pods those of the pods, in their own order. */
function chaptersOf(book: Book, asked: Asked, asking: Asking): Chapter[] {
  const plots = [...plotsOf(book, asked)].map(([key, plot]) => ({ key, plot }));
  const heads = plots.flatMap(({ key, plot: { parts } }) => parts.find((part) => isHead(part, key)) ?? []);
  const headKeys = new Set(heads.map(({ key }) => key));
  const others = plots
    .filter(({ key }) => !headKeys.has(key))
    .map(({ plot }) => ({ head: headIn(plot), chapter: chapterOf(plot, book, asked, asking) }))
    .sort((a, b) => beginOf(a.chapter) - beginOf(b.chapter));
  const alone = others.filter(({ head = '' }) => !headKeys.has(head)).map(({ chapter }) => [chapter]);
  const together = heads.map((part) => {
    const ofPods = others.filter(({ head }) => head === part.key).map(({ chapter }) => chapter);
    return [headOf(part, ofPods, book, asking), ...ofPods];
  });
  const beginOfFirst = ([first]: Chapter[]) => (first ? beginOf(first) : 0);
  return [...alone, ...together].sort((a, b) => beginOfFirst(b) - beginOfFirst(a)).flat();
}

function isHead({ isShared, key }: Part, ofPlot: string): boolean {
  return isShared === true && key === ofPlot;
}

/** The newest of the alerts about several pods that it answers. */
function headIn({ parts }: Plot): string | undefined {
  return parts.findLast(({ head }) => head !== undefined)?.head;
}

/** Of a pod, what is still open and what happened lately is meant. */
function isMeant({ outcome, steps }: Chapter, asked: Asked): boolean {
  if (!('since' in asked) || isOpen(outcome)) return true;
  return steps.some(
    ({ at, lastAt = at, sequence }) => sequence !== undefined && millisOf(lastAt) >= millisOf(asked.since),
  );
}

function beginOf({ steps }: Chapter): number {
  return steps[0]?.sequence ?? 0;
}

function podsOf({ pods }: Book, now: string): PodNow[] {
  return [...pods.values()].map(({ pod, snapshot: { context } }) => {
    const { current, cooldown } = context;
    const doing = current ? `is being recorded: collection ${current.collectionId}` : 'is not being recorded';
    if (!cooldown || millisOf(cooldown.until) <= millisOf(now)) return { ...pod, sentence: doing };
    const cool = `in the cooldown after collection ${cooldown.afterCollectionId} until ${cooldown.until}`;
    return { ...pod, sentence: `${doing}; ${cool}` };
  });
}
