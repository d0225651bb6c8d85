import type { CollectionEventType } from '../../events/catalogue.ts';
import { isTold, type StoredEvent } from '../../events/envelope.ts';
import { nanosOf } from '../../events/instant.ts';
import { type Pod, podSubject } from '../../events/subjects.ts';
import { evolve, initialSnapshot, type PodSnapshot } from '../pod/machine.ts';
import { isPodEvent } from '../pod/context.ts';
import type { ChapterAlert } from './explanation.ts';

type OfCollection = Exclude<CollectionEventType, 'CollectionSuppressed' | 'CooldownElapsed'>;

/** An alert from its beginning to its end, with every decision about it. */
export interface Episode extends ChapterAlert {
  key: string;
  events: StoredEvent[];
  /** The collections that answer it, by pod (podSubject): an alert about a StatefulSet may have several. */
  answers: Map<string, string>;
}

/** A collection, as far as the stream tells it. */
export interface Tale {
  collectionId: string;
  pod: Pod;
  events: StoredEvent<OfCollection>[];
  rejections: StoredEvent<'EventRejected'>[];
  /** What other families say of it. */
  beside: StoredEvent[];
}

/** Events, by what they are about. */
export interface Book {
  /** By fingerprint and startsAt, as episodeKey gives it. */
  episodes: ReadonlyMap<string, Episode>;
  tales: ReadonlyMap<string, Tale>;
  /** By podSubject: each pod as its events leave it. */
  pods: ReadonlyMap<string, { pod: Pod; snapshot: PodSnapshot }>;
  /** Sequences of the events that the pod's state took no notice of. */
  ignored: ReadonlySet<number>;
}

/** Sorts events (in the order of the stream) by alert, collection and pod. */
export function createBook(events: readonly StoredEvent[]): Book {
  const episodes = new Map<string, Episode>();
  const tales = new Map<string, Tale>();
  const pods = new Map<string, { pod: Pod; snapshot: PodSnapshot }>();
  const ignored = new Set<number>();
  const searches = new Map<string, Episode>();
  for (const event of events) {
    if (event.type === 'EventRejected') continue;
    const episode = episodeFor(episodes, event) ?? searchedIn(searches, event);
    if (episode && 'searchId' in event.data) searches.set(event.data.searchId ?? '', episode);
    episode?.events.push(event);
    if (!isPodEvent(event)) {
      if (!episode && 'collectionId' in event.data) tales.get(event.data.collectionId)?.beside.push(event);
      continue;
    }
    const tale = taleFor(tales, event);
    const key = podSubject(event.data);
    const before = pods.get(key)?.snapshot ?? initialSnapshot;
    const { state: snapshot } = evolve(before, event);
    const { kubeContext, namespace, pod } = event.data;
    pods.set(key, { pod: { kubeContext, namespace, pod }, snapshot });
    const isIgnored = snapshot === before && shouldCount(event, tale);
    if (isIgnored) ignored.add(event.sequence);
    if (episode && tale && !(isIgnored && episode.answers.has(key)))
      episode.answers.set(key, tale.collectionId);
  }
  addRejections(events, episodes, tales);
  return { episodes, tales, pods, ignored };
}

/** Names an episode: a fingerprint, and startsAt as an instant. */
export function episodeKey({ fingerprint, startsAt }: { fingerprint: string; startsAt: string }): string {
  return `${String(nanosOf(startsAt) ?? startsAt)} ${fingerprint}`;
}

export function requestOf({ events }: Tale): StoredEvent<'CollectionRequested'> | undefined {
  return events.find((event) => event.type === 'CollectionRequested');
}

// A timer changes nothing by itself; and without its request, a collection cannot be folded.
function shouldCount({ type }: StoredEvent, tale: Tale | undefined): boolean {
  return type !== 'CooldownElapsed' && !(tale && !requestOf(tale));
}

function episodeFor(episodes: Map<string, Episode>, event: StoredEvent): Episode | undefined {
  const alert = alertOf(event);
  if (!alert) return undefined;
  const key = episodeKey(alert);
  const known = episodes.get(key);
  if (known) return known;
  const { alertname, fingerprint, startsAt } = alert;
  const named = alertname === undefined ? {} : { alertname };
  const episode = { key, ...named, fingerprint, startsAt, events: [], answers: new Map<string, string>() };
  episodes.set(key, episode);
  return episode;
}

/** Failed attempts to find pods, and the end of a search, name the search alone. */
function searchedIn(searches: ReadonlyMap<string, Episode>, { data }: StoredEvent): Episode | undefined {
  return 'searchId' in data ? searches.get(data.searchId ?? '') : undefined;
}

/** The alert that an event is about, where it is about one. */
function alertOf(event: StoredEvent): ChapterAlert | undefined {
  if ('trigger' in event.data) return event.data.trigger;
  if (!isTold(event)) return 'fingerprint' in event.data ? event.data : undefined;
  const { labels, fingerprint, startsAt } = event.data;
  const alertname = Object.hasOwn(labels, 'alertname') ? labels['alertname'] : undefined;
  return { ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt };
}

function taleFor(tales: Map<string, Tale>, event: StoredEvent<CollectionEventType>): Tale | undefined {
  if (event.type === 'CollectionSuppressed' || event.type === 'CooldownElapsed') return undefined;
  const { collectionId, kubeContext, namespace, pod } = event.data;
  const tale = tales.get(collectionId) ?? {
    ...{ collectionId, pod: { kubeContext, namespace, pod } },
    ...{ events: [], rejections: [], beside: [] },
  };
  tales.set(collectionId, tale);
  tale.events.push(event);
  return tale;
}

/** A rejection names the message that it is about by its sequence. */
function addRejections(
  events: readonly StoredEvent[],
  episodes: ReadonlyMap<string, Episode>,
  tales: ReadonlyMap<string, Tale>,
): void {
  const holds = (sequence: number) => (of: { events: { sequence: number }[] }) =>
    of.events.some((each) => each.sequence === sequence);
  for (const event of events) {
    if (event.type !== 'EventRejected') continue;
    const isAbout = holds(event.data.sequence);
    const tale = [...tales.values()].find(isAbout);
    if (tale) tale.rejections.push(event);
    else [...episodes.values()].find(isAbout)?.events.push(event);
  }
}
