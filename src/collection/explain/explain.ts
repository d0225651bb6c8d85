import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import { podSubject } from '../../events/subjects.ts';
import { type Book, createBook, type Episode } from './book.ts';
import { chapterOf, type Part, type Plot } from './chapter.ts';
import {
  type Asked,
  type Chapter,
  type Evidence,
  type Explanation,
  isOpen,
  type PodNow,
} from './explanation.ts';

/** So many chapters are told. */
const maxChapters = 20;

/** Why there is a recording, or none. Pure: `now` is RFC 3339. No chapters: nothing of what was asked is in the evidence. */
export function explain(asked: Asked, evidence: Evidence, now: string): Explanation {
  const book = createBook(evidence.events);
  const asking = { evidence, now };
  const chapters = [...plotsOf(book, asked).values()]
    .map((plot) => chapterOf(plot, book, asking))
    .filter((chapter) => isMeant(chapter, asked))
    .sort((a, b) => beginOf(b) - beginOf(a));
  const { stream } = evidence;
  const pods = podsOf(book, now);
  const told = chapters.slice(0, maxChapters);
  return { asked, at: now, stream, pods, chapters: told, more: chapters.length - told.length };
}

/** Alerts that one collection answers share a chapter. */
function plotsOf({ episodes, tales }: Book, asked: Asked): Map<string, Plot> {
  const plots = new Map<string, Plot>();
  for (const episode of episodes.values()) {
    if (!isAsked(episode, asked)) continue;
    for (const part of byPod(episode)) {
      const [id = part.key] = part.answers.values();
      const tale = tales.get(id);
      const plot = plots.get(id) ?? { episodes: [], ...(tale ? { tale } : {}) };
      plots.set(id, plot);
      plot.episodes.push(part);
    }
  }
  if (asked.kind === 'alert' || asked.kind === 'fingerprint') return plots;
  for (const tale of tales.values()) {
    if (asked.kind === 'collection' && asked.collectionId !== tale.collectionId) continue;
    if (!plots.has(tale.collectionId)) plots.set(tale.collectionId, { episodes: [], tale });
  }
  return plots;
}

/** An alert about a StatefulSet, pod by pod: each is recorded, or not, for a reason of its own. */
function byPod(episode: Episode): Part[] {
  const subjectOf = ({ data }: StoredEvent) => ('pod' in data ? podSubject(data) : undefined);
  const pods = new Set(episode.events.flatMap((event) => subjectOf(event) ?? []));
  if (pods.size < 2) return [episode];
  return [...pods].map((pod) => {
    const answer = episode.answers.get(pod);
    const isAbout = (event: StoredEvent) => (subjectOf(event) ?? pod) === pod;
    return {
      ...episode,
      key: `${episode.key} ${pod}`,
      events: episode.events.filter(isAbout),
      shared: new Set(episode.events.filter((event) => subjectOf(event) === undefined)),
      answers: new Map(answer === undefined ? [] : [[pod, answer]]),
    };
  });
}

function isAsked({ events, fingerprint, answers }: Episode, asked: Asked): boolean {
  switch (asked.kind) {
    case 'alert':
      return events.some((event) => idsOf(event).includes(asked.alertId));
    case 'fingerprint':
      return fingerprint === asked.fingerprint;
    case 'collection':
      return [...answers.values()].includes(asked.collectionId);
    case 'pod':
    case 'pod-name':
      return true;
  }
}

/** Ids of the alerts that an event names. */
function idsOf(event: StoredEvent): string[] {
  if (event.type === 'AlertReceived') return [event.id];
  if ('trigger' in event.data) return [event.data.trigger.alertId];
  return 'alertId' in event.data ? [event.data.alertId] : [];
}

/** Of a pod, what is still open and what happened lately is meant. */
function isMeant({ outcome, steps }: Chapter, asked: Asked): boolean {
  if (!('since' in asked) || isOpen(outcome)) return true;
  return steps.some(({ at, sequence }) => sequence !== undefined && millisOf(at) >= millisOf(asked.since));
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
