import { isTold, type StoredEvent } from '../../events/envelope.ts';
import { alertIdOfDecision } from '../../events/ids.ts';
import { type Pod, podSubject, type StatefulSet } from '../../events/subjects.ts';
import { beginningOf } from '../../log/streams/beginning.ts';
import { isNotFound, toLogError } from '../../log/errors.ts';
import { lookUpIn, messageAt, readRange } from '../../log/read.ts';
import { createPodBoard, type PodBoard } from '../pod/board.ts';
import {
  findCollection,
  readAlert,
  readAlertsOf,
  readFingerprint,
  readPods,
  readRejections,
  readSearches,
  readTimers,
  type EvidenceSource,
} from './evidence.ts';
import { readEpisode } from '../../book/episode.ts';
import { type Book, createBook, type Episode } from '../explain/book.ts';
import { explain } from '../explain/explain.ts';
import type { Asked, Evidence, Explanation, StreamRange, TodaysPolicy } from '../explain/explanation.ts';
import { podOf, statefulSetOf } from '../../book/pod-of-alert.ts';
import { waitingBefore } from './waiting-before.ts';

export interface ExplainDeps extends EvidenceSource, Pick<Evidence, 'sentenceOf'> {
  policy: TodaysPolicy;
  /** Where there is none, it is folded from the stream when somebody's place in the queue is asked. */
  board?: PodBoard;
  /** RFC 3339. */
  now: () => string;
}

/** A bare name that several pods have. */
export interface SeveralPods {
  severalPods: Pod[];
}

/** So many alerts are looked up one by one. */
const lookedUp = 100;
/** Episodes with one fingerprint speak of one pod, unless somebody plays with it. */
const maxPods = 20;

/**
 * Reads what the stream holds of what was asked and explains it. An explanation without chapters: nothing was found.
 * Throws LogUnavailable.
 */
export async function readExplanation(deps: ExplainDeps, asked: Asked): Promise<Explanation | SeveralPods> {
  // Before the events: what the intake was through with by then has left its answer among them.
  const decidedUpTo = await decidedUpToOf(deps);
  const stream = await rangeOf(deps);
  const found = await find(deps, asked);
  if (asked.kind === 'pod-name') {
    // A search that found it has found others, too.
    const pods = podsIn(found).filter(({ pod }) => pod === asked.pod);
    if (pods.length > 1) return { severalPods: pods };
  }
  const known = inOrder(found);
  const book = createBook(known);
  const alerts = await Promise.all(
    unread(book, asked).map((episode) => readEpisode(lookUpIn(deps), episode)),
  );
  const events = inOrder([...known, ...alerts.flat()]);
  const rejections = await readRejections(deps, events);
  const timers = await readTimers(deps, newest(book));
  const evidence: Evidence = {
    ...{ events: inOrder([...events, ...rejections]), stream, policy: deps.policy, timers },
    ...(decidedUpTo === undefined ? {} : { decidedUpTo }),
    ahead: new Map(),
    sentenceOf: deps.sentenceOf,
  };
  const explanation = explain(asked, evidence, deps.now());
  const ahead = await aheadOf(deps, explanation);
  return ahead.size === 0 ? explanation : explain(asked, { ...evidence, ahead }, deps.now());
}

/** What the stream holds, in its own order or not: alerts, and whole logs of pods. */
async function find(deps: ExplainDeps, asked: Asked): Promise<StoredEvent[]> {
  if (asked.kind === 'pod' || asked.kind === 'pod-name') {
    const alerts = await readAlertsOf(deps, asked);
    const ofPods = await readPods(deps, asked);
    // A StatefulSet by its name: what its alerts led to.
    const isAlert = (event: StoredEvent) => statefulSetsIn([event]).some(({ sts }) => sts === asked.pod);
    const about = alerts.filter(isAlert);
    return about.length > 0
      ? [...alerts, ...ofPods, ...(await searched(deps, about))]
      : [...alerts, ...ofPods];
  }
  if (asked.kind === 'collection') {
    const { collectionId } = asked;
    const pod = deps.board?.summaries.get(collectionId) ?? (await findCollection(deps, collectionId));
    return pod ? readPods(deps, pod) : [];
  }
  const alerts =
    asked.kind === 'alert'
      ? await readAlert(deps, asked.alertId)
      : await readFingerprint(deps, asked.fingerprint);
  return searched(deps, alerts);
}

/** Alerts, the searches that they have led to, and the logs of all pods that are named there. */
async function searched(deps: ExplainDeps, alerts: readonly StoredEvent[]): Promise<StoredEvent[]> {
  const alertIds = new Set(alerts.map(({ id }) => alertIdOfDecision(id)));
  const known = [...alerts, ...(await readSearches(deps, statefulSetsIn(alerts), alertIds))];
  const pods = await Promise.all(
    podsIn(known)
      .slice(-maxPods)
      .map((pod) => readPods(deps, pod)),
  );
  return [...known, ...pods.flat()];
}

function statefulSetsIn(alerts: readonly StoredEvent[]): StatefulSet[] {
  return alerts.flatMap((event) => {
    const found = isTold(event) ? statefulSetOf(event.data.labels) : undefined;
    return found && 'statefulSet' in found ? [found.statefulSet] : [];
  });
}

/** The pods that events are of, or that alerts speak of. */
function podsIn(events: readonly StoredEvent[]): Pod[] {
  const pods = new Map<string, Pod>();
  for (const { kubeContext, namespace, pod } of events.flatMap(podsNamedBy))
    pods.set(podSubject({ kubeContext, namespace, pod }), { kubeContext, namespace, pod });
  return [...pods.values()];
}

function podsNamedBy(event: StoredEvent): Pod[] {
  if (event.type === 'TargetsFound') {
    const { kubeContext, namespace, pods } = event.data;
    return pods.map((pod) => ({ kubeContext, namespace, pod }));
  }
  if (event.type !== 'AlertReceived') return 'pod' in event.data ? [event.data] : [];
  const found = podOf(event.data.labels);
  return 'pod' in found ? [found.pod] : [];
}

/** Alerts that the pod's log names and that were not read. */
function unread(book: Book, asked: Asked): Episode[] {
  if (asked.kind === 'alert' || asked.kind === 'fingerprint') return [];
  return newest(book).filter(
    ({ events }) =>
      (asked.kind !== 'collection' || events.some((event) => isOf(event, asked.collectionId))) &&
      !events.some((event) => event.type === 'AlertReceived' && event.data.status === 'firing'),
  );
}

function isOf({ data }: StoredEvent, collectionId: string): boolean {
  return 'collectionId' in data && data.collectionId === collectionId;
}

function newest({ episodes }: Book): Episode[] {
  return [...episodes.values()].slice(-lookedUp);
}

function inOrder(events: readonly StoredEvent[]): StoredEvent[] {
  const bySequence = new Map(events.map((event) => [event.sequence, event]));
  return [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
}

/** Places in the queue of what waits for its turn. */
async function aheadOf(deps: ExplainDeps, { chapters }: Explanation): Promise<Map<string, number>> {
  const waiting = chapters.flatMap(({ collectionId, outcome }) =>
    outcome.kind === 'waiting' && collectionId !== undefined ? [collectionId] : [],
  );
  if (waiting.length === 0) return new Map();
  const board = deps.board ?? (await foldBoard(deps));
  return new Map(
    waiting.flatMap((id) => {
      const ahead = waitingBefore(board, id);
      return ahead === undefined ? [] : [[id, ahead] as const];
    }),
  );
}

async function foldBoard({ connection, stream, onRead }: EvidenceSource): Promise<PodBoard> {
  const board = createPodBoard();
  for await (const message of readRange(connection, stream, { filter: 'aw.collection.>' })) {
    onRead?.('events folded');
    board.apply(message);
  }
  return board;
}

/**
 * The intake is through with every message up to this sequence. Undefined where there is no such consumer: on a copy of the
 * stream, say.
 */
export async function decidedUpToOf({ connection, stream }: EvidenceSource): Promise<number | undefined> {
  try {
    return (await connection.jsm.consumers.info(stream, 'intake')).ack_floor.stream_seq;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLogError(error, 'look at the consumer intake');
  }
}

async function rangeOf({ connection, stream }: EvidenceSource): Promise<StreamRange> {
  const { state } = await connection.jsm.streams.info(stream).catch((error: unknown) => {
    throw toLogError(error, `read stream ${stream}`);
  });
  const lastSequence = state.last_seq;
  const firstSequence = await beginningOf(connection, stream, state);
  if (state.messages === 0) return { name: stream, firstSequence, lastSequence };
  const first = await messageAt(connection, stream, firstSequence);
  const firstAt = first?.storedAt ?? timeText(state.first_ts);
  return { name: stream, firstSequence, lastSequence, firstAt, lastAt: timeText(state.last_ts) };
}

// The server answers with nanoseconds.
function timeText(time: Date | string): string {
  return new Date(time).toISOString();
}
