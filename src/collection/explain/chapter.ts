import type { StoredEvent } from '../../events/envelope.ts';
import type { Pod } from '../../events/subjects.ts';
import { podOf } from '../../book/pod-of-alert.ts';
import { type Asking, outcomeOfAlert } from './alert-outcome.ts';
import type { Book, Episode, Tale } from './book.ts';
import { outcomeOfCollection } from './collection-outcome.ts';
import type { Asked, Chapter, ChapterAlert, Outcome, Step } from './explanation.ts';
import { folded } from './telling/folding.ts';
import type { Part, Plot } from './plots.ts';
import { askToday, type TodaysAnswer } from './policy-today.ts';
import { tell } from './telling/tell.ts';
import { clip } from '../../kernel/explain/words.ts';
import { unlessIn } from './words.ts';

/** So many alerts of one chapter are named. */
const maxAlerts = 10;

/** What a plot has come to, and how. */
export function chapterOf(plot: Plot, book: Book, asked: Asked, asking: Asking): Chapter {
  const { parts, tale } = plot;
  const today = tale ? undefined : todayOf(parts[0], asking);
  const outcome = outcomeOf(plot, book, asked, asking, today);
  const { policy, sentenceOf } = asking.evidence;
  const context = { book, policy, sentenceOf, outcome: outcome.sentence };
  const told = eventsOf(plot, asked).map((event) => ({ event, steps: tell(event, context) }));
  const pod = tale?.pod ?? podIn(parts[0]);
  return {
    ...(pod ? { pod } : {}),
    alerts: parts.slice(0, maxAlerts).map(alertOf),
    moreAlerts: Math.max(parts.length - maxAlerts, 0),
    ...(tale ? { collectionId: tale.collectionId } : {}),
    outcome,
    steps: [
      ...folded(told),
      ...policyToday(parts[0]?.head === undefined ? today : undefined, asking.now, outcome),
    ],
  };
}

/** The chapter of an alert about several pods: what is the same for all of them, and what they have come to. */
export function headOf(part: Part, ofPods: readonly Chapter[], book: Book, asking: Asking): Chapter {
  const outcome = outcomeOfPods(ofPods);
  const { policy, sentenceOf } = asking.evidence;
  const context = { book, policy, sentenceOf, outcome: outcome.sentence };
  const told = part.told.map((event) => ({ event, steps: tell(event, context) }));
  return { alerts: [alertOf(part)], moreAlerts: 0, outcome, steps: folded(told) };
}

function outcomeOf(
  { parts, tale }: Plot,
  book: Book,
  asked: Asked,
  asking: Asking,
  today: TodaysAnswer | undefined,
): Outcome {
  if (tale) {
    const outcome = outcomeOfCollection(tale, book, asking);
    if (!isOfAlert(asked) || !isOnlyAttached(parts, tale)) return outcome;
    return { ...outcome, sentence: `attached to collection ${tale.collectionId}: ${outcome.sentence}` };
  }
  // Without a collection, the alert is alone in its chapter, and no plan says which row matched.
  const [part] = parts;
  if (!part) throw new Error('a chapter tells of an alert, or of a collection');
  return outcomeOfAlert(part, today, asking);
}

function isOfAlert({ kind }: Asked): boolean {
  return kind === 'alert' || kind === 'fingerprint';
}

function isOnlyAttached(parts: readonly Part[], { collectionId }: Tale): boolean {
  const events = parts.flatMap(({ told }) => told);
  const names = (wanted: StoredEvent['type']) =>
    events.some(
      ({ type, data }) => type === wanted && 'collectionId' in data && data.collectionId === collectionId,
    );
  return names('AlertAttached') && !names('CollectionRequested');
}

/** In the order of the stream. Who asks for an alert is told of no other. */
function eventsOf({ parts, tale }: Plot, asked: Asked): StoredEvent[] {
  const events = new Map<number, StoredEvent>();
  for (const event of parts.flatMap(({ told }) => told)) events.set(event.sequence, event);
  const ofTale = tale ? [...tale.events, ...tale.rejections, ...tale.beside] : [];
  for (const event of ofTale)
    if (event.type !== 'AlertAttached' || !isOfAlert(asked)) events.set(event.sequence, event);
  return [...events.values()].sort((a, b) => a.sequence - b.sequence);
}

/** Today's policy about a firing alert; undefined where its labels are not on the stream. */
function todayOf(part: Part | undefined, { evidence }: Asking): TodaysAnswer | undefined {
  const firing = part && firingIn(part);
  return firing && askToday(firing.data.labels, evidence.policy);
}

function firingIn({ events }: Episode): StoredEvent<'AlertReceived'> | undefined {
  return events.find(
    (event): event is StoredEvent<'AlertReceived'> =>
      event.type === 'AlertReceived' && event.data.status === 'firing',
  );
}

function policyToday(today: TodaysAnswer | undefined, at: string, outcome: Outcome): Step[] {
  if (!today) return [];
  const { details, declined } = today;
  const end =
    declined === undefined
      ? ''
      : `, and it would be declined${unlessIn(outcome.sentence, `: ${clip(declined)}`)}`;
  const sentence = `${today.sentence}${end}`;
  return [{ at, kind: 'policy-today', sentence, ...(details.length > 0 ? { details } : {}) }];
}

function alertOf({ alertname, fingerprint, startsAt }: Episode): ChapterAlert {
  return { ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt };
}

/** The pod that its events name, or else its labels. */
function podIn(part: Part | undefined): Pod | undefined {
  for (const { data } of part?.told ?? []) {
    if (!('pod' in data)) continue;
    const { kubeContext, namespace, pod } = data;
    return { kubeContext, namespace, pod };
  }
  const firing = part && firingIn(part);
  const found = firing && podOf(firing.data.labels);
  if (!found || !('pod' in found)) return undefined;
  const { kubeContext, namespace, pod } = found.pod;
  return { kubeContext, namespace, pod };
}

/** What needs somebody stands first. */
const words = {
  ...{ failed: 'failed', rejected: 'could not be handled', unknown: 'without a known end' },
  ...{ running: 'being recorded', uploading: 'being uploaded', waiting: 'waiting', undecided: 'undecided' },
  ...{
    declined: 'declined',
    suppressed: 'not recorded',
    ignored: 'not recorded',
    resolved: 'resolved before',
  },
  uploaded: 'recorded',
} as const satisfies Record<Outcome['kind'], string>;
const kinds = Object.keys(words) as Outcome['kind'][];
const maxPods = 3;

function outcomeOfPods(chapters: readonly Chapter[]): Outcome {
  const parts = kinds.flatMap((kind) => {
    const pods = chapters.filter(({ outcome }) => outcome.kind === kind).flatMap(({ pod }) => pod?.pod ?? []);
    if (pods.length === 0) return [];
    const named = kind === 'uploaded' || pods.length > maxPods ? '' : ` (${pods.join(', ')})`;
    return [`${String(pods.length)} ${words[kind]}${named}`];
  });
  const kind = kinds.find((each) => chapters.some(({ outcome }) => outcome.kind === each)) ?? 'unknown';
  return { kind, sentence: `${String(chapters.length)} pods: ${parts.join(', ')}` };
}
