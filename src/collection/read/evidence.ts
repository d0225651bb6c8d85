import { decodeEvent, isEvent, isTold, type StoredEvent, type StoredMessage } from '../../events/envelope.ts';
import { filtersNamingPod, namesPod, type PodFilter } from '../../events/filters.ts';
import { alertIdOfDecision } from '../../events/ids.ts';
import {
  cooldownScheduleSubject,
  encodeToken,
  type Pod,
  podSubject,
  type StatefulSet,
  statefulSetSubject,
} from '../../events/subjects.ts';
import { lastMessage, lookUpIn, type Range, readRange, type Source } from '../../log/read.ts';
import { firstSequenceSince } from '../../log/since.ts';
import { speaksOf } from '../explain/asked.ts';
import type { Episode } from '../explain/book.ts';
import { readEpisode } from '../../book/episode.ts';
import type { Asked } from '../explain/explanation.ts';
import { own } from '../../events/own.ts';

/** A stream to look things up in. */
export interface EvidenceSource extends Source {
  /** Told of each message that is read in a search that may be long. */
  onRead?: ((what: string) => void) | undefined;
}

type AskedPod = Extract<Asked, { kind: 'pod' | 'pod-name' }>;

/** The whole log of a pod, or of all pods of that name, and what other families say of them. */
export async function readPods(source: EvidenceSource, asked: PodFilter): Promise<StoredEvent[]> {
  const events = await readEvents(source, { filter: filtersNamingPod(asked) });
  return events.filter(({ data }) => namesPod(data, asked));
}

/** Every episode of an alert, by its fingerprint. */
export function readFingerprint(source: EvidenceSource, fingerprint: string): Promise<StoredEvent[]> {
  return readEvents(source, { filter: `aw.alert.*.${encodeToken(fingerprint)}.*.*.*` });
}

/** The episode that an alert id names. No subject holds the id: all alerts are looked at, until it is there. */
export async function readAlert(source: EvidenceSource, alertId: string): Promise<StoredEvent[]> {
  const isIt = (message: StoredMessage) => message.header('ce-id') === alertId;
  const alert = await search(source, 'aw.alert.>', 'alerts looked at', isIt, ({ id }) => id === alertId);
  if (alert?.type !== 'AlertReceived') return [];
  const { labels, fingerprint, startsAt } = alert.data;
  const alertname = own(labels, 'alertname');
  return readEpisode(lookUpIn(source), {
    ...(alertname === undefined ? {} : { alertname }),
    fingerprint,
    startsAt,
  });
}

/** The pod of a collection. No subject holds the id: all collections are looked at, until it is there. */
export async function findCollection(source: EvidenceSource, id: string): Promise<Pod | undefined> {
  const names = (message: StoredMessage) => holds(message, id);
  const isOf = ({ data }: StoredEvent) => 'collectionId' in data && data.collectionId === id;
  const event = await search(source, 'aw.collection.>', 'events looked at', names, isOf);
  return event && 'collectionId' in event.data && 'pod' in event.data ? event.data : undefined;
}

/** Alerts whose labels speak of a pod, stored since then. Labels are in no subject: all alerts since then are looked at. */
export async function readAlertsOf(source: EvidenceSource, asked: AskedPod): Promise<StoredEvent[]> {
  const { connection, stream, onRead } = source;
  const from = await firstSequenceSince(connection, stream, 'aw.alert.>', asked.since);
  if (from === undefined) return [];
  // As our own encoder writes it.
  const written = JSON.stringify(asked.pod).slice(1, -1);
  const found: StoredEvent[] = [];
  const ids = new Set<string>();
  for await (const message of readRange(connection, stream, { filter: 'aw.alert.>', from })) {
    onRead?.('alerts looked at');
    const mayBeAnswer = answers.has(message.header('ce-type') ?? '');
    if (!mayBeAnswer && !holds(message, written)) continue;
    for (const event of decoded(message)) {
      const isOfPod = isTold(event) && speaksOf(event.data.labels, asked);
      if (isOfPod) ids.add(event.id);
      const isAnswer = event.type === 'AlertDeclined' || event.type === 'AlertUnanswered';
      if (isOfPod || (isAnswer && ids.has(event.data.alertId))) found.push(event);
    }
  }
  return found;
}

const answers: ReadonlySet<string> = new Set(['AlertDeclined', 'AlertUnanswered']);

/** What consumers gave up on among these events. */
export async function readRejections(
  source: EvidenceSource,
  events: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  const [first] = events;
  if (!first) return [];
  const sequences = new Set(events.map(({ sequence }) => sequence));
  const rejections = await readEvents(source, { filter: 'aw.rejected.>', from: first.sequence });
  return rejections.filter((event) => event.type === 'EventRejected' && sequences.has(event.data.sequence));
}

/** The searches for pods that alerts with these ids have led to. */
export async function readSearches(
  source: EvidenceSource,
  statefulSets: readonly StatefulSet[],
  alertIds: ReadonlySet<string>,
): Promise<StoredEvent[]> {
  const filter = [...new Set(statefulSets.map((each) => `${statefulSetSubject(each)}.>`))];
  if (filter.length === 0) return [];
  const events = await readEvents(source, { filter });
  return events.filter(({ id }) => alertIds.has(alertIdOfDecision(id)));
}

/** Subjects of the cooldown timers that are still set, of these episodes. */
export async function readTimers(
  { connection, stream }: EvidenceSource,
  episodes: readonly Episode[],
): Promise<Set<string>> {
  const subjects = episodes.flatMap(({ events }) => {
    // An alert about a StatefulSet waits for each of its pods.
    const last = new Map<string, StoredEvent>();
    for (const event of events) if ('pod' in event.data) last.set(podSubject(event.data), event);
    return [...last.values()].flatMap(({ type, data }) =>
      type === 'CollectionSuppressed' && data.until ? [cooldownScheduleSubject(data)] : [],
    );
  });
  const isSet = await Promise.all(
    subjects.map(async (subject) => (await lastMessage(connection, stream, subject)) !== undefined),
  );
  return new Set(subjects.filter((_, index) => isSet[index]));
}

async function readEvents({ connection, stream }: EvidenceSource, range: Range): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const message of readRange(connection, stream, range)) events.push(...decoded(message));
  return events;
}

/** The first event under a filter that is looked for; `mayBe` is asked before a message is decoded. */
async function search(
  { connection, stream, onRead }: EvidenceSource,
  filter: string,
  what: string,
  mayBe: (message: StoredMessage) => boolean,
  is: (event: StoredEvent) => boolean,
): Promise<StoredEvent | undefined> {
  for await (const message of readRange(connection, stream, { filter })) {
    onRead?.(what);
    const event = mayBe(message) ? decoded(message).find(is) : undefined;
    if (event) return event;
  }
  return undefined;
}

function decoded(message: StoredMessage): StoredEvent[] {
  const event = decodeEvent(message);
  return isEvent(event) ? [event] : [];
}

/** Much faster than decoding: most messages are about something else. */
function holds({ body }: StoredMessage, text: string): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(text);
}
