import { isTold, type StoredEvent } from '../../events/envelope.ts';
import { podOf } from '../../book/pod-of-alert.ts';
import type { Pod } from '../../events/subjects.ts';
import { foldedStep } from '../../kernel/explain/step.ts';
import { type Asking, outcomeOfAlert } from './alert-outcome.ts';
import type { Book, Episode, Tale } from './book.ts';
import { outcomeOfCollection } from './collection-outcome.ts';
import type { Chapter, ChapterAlert, Outcome, Step } from './explanation.ts';
import { folded, type ToldEvent } from './folding.ts';
import { askToday, type TodaysAnswer } from './policy-today.ts';
import { tell } from './telling.ts';

/** So many alerts of a chapter are named. */
const maxAlerts = 10;

/** An alert as one chapter tells it. `shared`: its events that the chapters of other pods tell, too. */
export interface Part extends Episode {
  shared?: ReadonlySet<StoredEvent>;
}

/** What a chapter will tell of. */
export interface Plot {
  episodes: Part[];
  tale?: Tale;
}

/** Tells a plot: the outcome first, then the steps, none of which says it again. Pure. */
export function chapterOf(plot: Plot, book: Book, asking: Asking): Chapter {
  const { episodes, tale } = plot;
  const alerts = episodes.slice(0, maxAlerts).map(alertOf);
  const pod = podIn(plot);
  const common = { ...(pod ? { pod } : {}), alerts, moreAlerts: episodes.length - alerts.length };
  if (tale) {
    const outcome = outcomeOfCollection(tale, book, asking);
    return {
      ...common,
      collectionId: tale.collectionId,
      outcome,
      steps: stepsOf(plot, book, asking, outcome),
    };
  }
  // Without a collection, the episode is alone in its chapter, and no plan says which row matched.
  const [episode] = episodes;
  if (!episode) throw new Error('a chapter tells of an alert, or of a collection');
  const today = todayOf(episode, asking);
  const outcome = outcomeOfAlert(episode, today, asking);
  const steps = [...stepsOf(plot, book, asking, outcome), ...policyToday(today, asking.now)];
  return { ...common, outcome, steps };
}

function stepsOf({ episodes, tale }: Plot, book: Book, { evidence }: Asking, outcome: Outcome): Step[] {
  const events = new Map<number, StoredEvent>();
  for (const event of episodes.flatMap((episode) => episode.events)) events.set(event.sequence, event);
  // Where alerts are told, an attachment is told with its own.
  const ofTale = tale ? [...tale.events, ...tale.rejections, ...tale.beside] : [];
  for (const event of ofTale) {
    if (event.type !== 'AlertAttached' || episodes.length === 0) events.set(event.sequence, event);
  }
  const inOrder = [...events.values()].sort((a, b) => a.sequence - b.sequence);
  const { policy, sentenceOf } = evidence;
  const context = { book, policy, sentenceOf, outcome: outcome.sentence };
  const told = inOrder.map((event) => ({ event, steps: tell(event, context) }));
  const shared = episodes.length === 1 ? episodes[0]?.shared : undefined;
  if (!shared) return folded(told);
  const ofAll = told.filter(({ event }) => shared.has(event));
  return [...sharedStep(ofAll), ...folded(told.filter(({ event }) => !shared.has(event)))];
}

/** What the chapters of all pods of a StatefulSet begin with, as one step. */
function sharedStep(told: readonly ToldEvent[]): Step[] {
  const steps = told.flatMap((each) => each.steps);
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last || steps.length < 2) return steps;
  const sentence = `${first.sentence}; then, for all pods of its StatefulSet: ${last.sentence}`;
  return [foldedStep({ kind: first.kind, sentence }, steps.length, steps)];
}

/** The pod that a chapter is about. */
function podIn({ episodes, tale }: Plot): Pod | undefined {
  if (tale) return tale.pod;
  for (const event of episodes.flatMap(({ events }) => events)) {
    const { data } = event;
    if ('pod' in data) return { kubeContext: data.kubeContext, namespace: data.namespace, pod: data.pod };
    if (!isTold(event)) continue;
    const found = podOf(event.data.labels);
    if ('pod' in found) {
      const { kubeContext, namespace, pod } = found.pod;
      return { kubeContext, namespace, pod };
    }
  }
  return undefined;
}

/** Today's policy about a firing alert; undefined where its labels are not on the stream. */
function todayOf({ events }: Episode, { evidence }: Asking): TodaysAnswer | undefined {
  const firing = events.find(
    (event): event is StoredEvent<'AlertReceived'> =>
      event.type === 'AlertReceived' && event.data.status === 'firing',
  );
  return firing && askToday(firing.data.labels, evidence.policy);
}

function policyToday(today: TodaysAnswer | undefined, at: string): Step[] {
  if (!today) return [];
  const { sentence, details } = today;
  return [{ at, kind: 'policy-today', sentence, ...(details.length > 0 ? { details } : {}) }];
}

function alertOf({ alertname, fingerprint, startsAt }: Episode): ChapterAlert {
  return { ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt };
}
