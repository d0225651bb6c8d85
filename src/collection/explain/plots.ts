import type { StoredEvent } from '../../events/envelope.ts';
import { podSubject } from '../../events/subjects.ts';
import type { Book, Episode, Tale } from './book.ts';
import type { Asked } from './explanation.ts';

/** What a chapter will tell of. */
export interface Plot {
  parts: Part[];
  tale?: Tale;
}

/** What one chapter tells of an alert; its `events` are all that its outcome is made from. */
export interface Part extends Episode {
  told: readonly StoredEvent[];
  collectionId?: string;
  /** Of an alert about several pods: the key of the plot that tells what is the same for all of them. */
  head?: string;
  /** It is that: nothing of it is about one pod. */
  isShared?: true;
}

/** Alerts that one collection answers share a plot. */
export function plotsOf(book: Book, asked: Asked): Map<string, Plot> {
  const plots = new Map<string, Plot>();
  for (const episode of book.episodes.values()) {
    for (const part of partsOf(episode, book).filter((each) => isAsked(each, asked))) {
      const tale = book.tales.get(part.collectionId ?? '');
      const id = tale?.collectionId ?? part.key;
      const plot = plots.get(id) ?? { parts: [], ...(tale ? { tale } : {}) };
      plots.set(id, plot);
      plot.parts.push(part);
    }
  }
  if (asked.kind === 'alert' || asked.kind === 'fingerprint') return plots;
  for (const tale of book.tales.values()) {
    if (asked.kind === 'collection' && asked.collectionId !== tale.collectionId) continue;
    if (!plots.has(tale.collectionId)) plots.set(tale.collectionId, { parts: [], tale });
  }
  return plots;
}

/** An alert about a StatefulSet, pod by pod, behind what is the same for all: each is recorded, or not, for a reason of its own. */
function partsOf(episode: Episode, book: Book): Part[] {
  const subjectOf = ({ data }: StoredEvent) => ('pod' in data ? podSubject(data) : undefined);
  const pods = new Set(episode.events.flatMap((event) => subjectOf(event) ?? []));
  if (pods.size < 2) return byCollection({ ...episode, told: episode.events }, book);
  const shared = episode.events.filter((event) => subjectOf(event) === undefined);
  const ofPods = [...pods].flatMap((pod) => {
    const told = episode.events.filter((event) => subjectOf(event) === pod);
    const events = episode.events.filter((event) => (subjectOf(event) ?? pod) === pod);
    return byCollection({ ...episode, key: `${episode.key} ${pod}`, events, told, head: episode.key }, book);
  });
  return [{ ...episode, told: shared, isShared: true }, ...ofPods];
}

/**
 * An alert that was decided again once its recording had failed has another collection then. What happened between the two is
 * told with the second.
 */
function byCollection(part: Part, { ignored }: Book): Part[] {
  const found: Part[] = [];
  let [told, later]: [StoredEvent[], StoredEvent[]] = [[], []];
  let id: string | undefined;
  for (const event of part.told) {
    const answer = answerIn(event);
    const isAnother =
      answer !== undefined && answer !== id && !(id !== undefined && ignored.has(event.sequence));
    if (isAnother && id !== undefined) {
      found.push({ ...part, told, collectionId: id });
      [told, later] = [later, []];
    }
    if (isAnother) id = answer;
    const isLater = !isAnother && id !== undefined && (later.length > 0 || isNews(event));
    (isLater ? later : told).push(event);
  }
  return [
    ...found,
    { ...part, told: [...told, ...later], ...(id === undefined ? {} : { collectionId: id }) },
  ];
}

function answerIn({ type, data }: StoredEvent): string | undefined {
  return type === 'CollectionRequested' || type === 'AlertAttached' ? data.collectionId : undefined;
}

function isNews({ type, data }: StoredEvent): boolean {
  if (type === 'AlertRenewed') return data.reason !== 'changed';
  return type === 'CollectionSuppressed' || type === 'CooldownElapsed';
}

function isAsked({ events, fingerprint, collectionId }: Part, asked: Asked): boolean {
  switch (asked.kind) {
    case 'alert':
      return events.some((event) => idsOf(event).includes(asked.alertId));
    case 'fingerprint':
      return fingerprint === asked.fingerprint;
    case 'collection':
      return collectionId === asked.collectionId;
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
