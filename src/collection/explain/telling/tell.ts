import { byHandSource } from '../../../events/data/alert.ts';
import { type EventTypeOf, isOfFamily } from '../../../events/catalogue.ts';
import type { StoredEvent } from '../../../events/envelope.ts';
import { type Book, episodeKey, type Tale } from '../book.ts';
import { stepsOf, type WordsOf } from '../../../kernel/explain/step.ts';
import type { Step, StepKind, TodaysPolicy } from '../explanation.ts';
import { tellRun } from './runs.ts';
import { clip, count, errorText, quoted, spanOf } from '../../../kernel/explain/words.ts';
import { alertName, planText, podName, unlessIn } from '../words.ts';

/** What telling an event needs to know of the others. */
export interface Context {
  book: Book;
  policy: TodaysPolicy;
  /** What the chapter has come to, in words: no step says it again. */
  outcome: string;
  /** What an event of another feature says, in a few words. */
  sentenceOf: (event: StoredEvent) => string;
}

/** An event in words: mostly one step. A request is two, the row that matched and what followed from it. */
export function tell(event: StoredEvent, context: Context): Step[] {
  const { ignored, tales } = context.book;
  const tale = 'collectionId' in event.data ? tales.get(event.data.collectionId) : undefined;
  return stepsOf(event, say(event, context, tale), ignored.has(event.sequence));
}

export type Words = WordsOf<StepKind>;

function say(event: StoredEvent, context: Context, tale: Tale | undefined): Words[] {
  if (!isOwn(event)) return [{ kind: 'told', sentence: clip(context.sentenceOf(event), 500) }];
  const { book, outcome } = context;
  switch (event.type) {
    case 'AlertReceived':
      return [received(event)];
    case 'AlertDeclined': {
      const { reason, label, message } = event.data;
      // Of a StatefulSet, the search for its pods says the same.
      const isTold = book.episodes
        .get(episodeKey(event.data))
        ?.events.some(({ type }) => type === 'TargetsNotFound');
      const why = `${reason}: ${clip(label)}${isTold ? '' : unlessIn(outcome, `: ${clip(message)}`)}`;
      return [{ kind: 'declined', sentence: `alert ${alertName(event.data)} declined (${why})` }];
    }
    case 'EventRejected': {
      const { consumer, sequence, deliveries, error } = event.data;
      const what = `${clip(consumer)} gave up #${String(sequence)}, delivered ${count(deliveries, 'time')}`;
      return [{ kind: 'rejected', sentence: `${what}${unlessIn(outcome, `: ${errorText(error)}`)}` }];
    }
    case 'AlertRenewed':
      return [renewed(event)];
    case 'AlertUnanswered': {
      const failed =
        event.data.collectionId === undefined
          ? 'the pods of its StatefulSet were not found'
          : `collection ${clip(event.data.collectionId)} failed`;
      const why = event.data.reason === 'stale' ? 'it was too old' : failed;
      const sentence = `alert ${alertName(event.data)} has no recording (${why}): its next repeat is decided anew`;
      return [{ kind: 'unanswered', sentence }];
    }
    case 'CollectionRequested':
      return requested(event);
    case 'AlertAttached': {
      const { collectionId } = event.data;
      const sentence = `alert ${alertName(event.data)} attached to collection ${collectionId}: the pod was being recorded already`;
      return [{ kind: 'attached', sentence }];
    }
    case 'CollectionSuppressed':
      return [suppressed(event, context.policy)];
    case 'CooldownElapsed': {
      const { until, afterCollectionId } = event.data;
      const sentence = `the cooldown after collection ${clip(afterCollectionId)} ended at ${until}: alert ${alertName(event.data)} is decided again, if it still fires`;
      return [{ kind: 'cooldown-elapsed', sentence }];
    }
    default:
      return [tellRun(event, tale, outcome)];
  }
}

type Own = StoredEvent<EventTypeOf<'alert' | 'collection' | 'rejected'>>;

function isOwn(event: StoredEvent): event is Own {
  return (['alert', 'collection', 'rejected'] as const).some((family) => isOfFamily(event.type, family));
}

function received({ data }: StoredEvent<'AlertReceived'>): Words {
  const { source, receiver, externalURL, status, startsAt, endsAt, labels, fingerprint, truncated } = data;
  const named = Object.hasOwn(labels, 'alertname') ? { alertname: labels['alertname'] ?? '' } : {};
  const name = alertName({ ...named, fingerprint });
  const by = [receiver && `receiver ${clip(receiver)}`, clip(externalURL)].filter((part) => part !== '');
  const from = `${clip(source)}${by.length > 0 ? ` (${by.join(', ')})` : ''}`;
  const left = truncated?.length
    ? { details: [`left out to fit into a message: ${clip(truncated.join(', '), 500)}`] }
    : {};
  if (status === 'resolved') {
    const end = endsAt === undefined ? '' : `, it ended at ${endsAt}`;
    return { kind: 'resolved', sentence: `alert ${name} resolved, says ${from}${end}`, ...left };
  }
  if (source === byHandSource) {
    return { kind: 'received', sentence: `asked for by hand: kept as alert ${name}`, ...left };
  }
  const sentence = `alert ${name} received from ${from}: firing since ${startsAt}`;
  return { kind: 'received', sentence, ...left };
}

const renewals = {
  returned: 'it had been told otherwise meanwhile',
  repeated: 'nothing came of it before: it is decided anew',
  changed: 'its annotations have changed',
};

function renewed({ data }: StoredEvent<'AlertRenewed'>): Words {
  const { source, externalURL, status, reason, labels, fingerprint } = data;
  const named = Object.hasOwn(labels, 'alertname') ? { alertname: labels['alertname'] ?? '' } : {};
  const from = [source, externalURL].filter((part) => part !== '').map((part) => clip(part));
  const sentence = `alert ${alertName({ ...named, fingerprint })} ${status} again, says ${from.join(' ')}: ${renewals[reason]}`;
  return { kind: status === 'resolved' ? 'resolved' : 'renewed', sentence };
}

function requested({ data }: StoredEvent<'CollectionRequested'>): Words[] {
  const { plan, collectionId, trigger } = data;
  const severity = trigger.severity === undefined ? '' : ` of severity ${quoted(trigger.severity)}`;
  const because = trigger.byHand
    ? `by hand by ${clip(trigger.byHand.by)} (${clip(trigger.byHand.reason)})`
    : `because of alert ${alertName(trigger)}${severity}`;
  return [
    {
      kind: 'policy',
      // By hand a row may be named, or be taken though it does not match.
      sentence: `${trigger.byHand ? `the plan of row ${clip(plan.rule)} is taken` : `row ${clip(plan.rule)} matched, says the plan`}: ${planText(plan)}`,
    },
    {
      kind: 'requested',
      sentence: `collection ${collectionId} of ${podName(data)} requested ${because}`,
    },
  ];
}

function suppressed({ data }: StoredEvent<'CollectionSuppressed'>, policy: TodaysPolicy): Words {
  const { reason, until, afterCollectionId = '', ageSeconds } = data;
  const name = `alert ${alertName(data)}`;
  if (reason === 'cooldown') {
    const end = until ?? 'an unknown time';
    const pod = data.searchId === undefined ? 'the pod' : `the pod ${clip(data.pod)}`;
    const why = `${pod} is in the cooldown after collection ${clip(afterCollectionId)} until ${end}`;
    return { kind: 'suppressed', sentence: `${name} suppressed: ${why}` };
  }
  const { maxAlertAgeSeconds } = policy;
  const limit = `maxAlertAgeSeconds of today is ${String(maxAlertAgeSeconds)}`;
  if (ageSeconds === undefined) {
    return {
      kind: 'suppressed',
      sentence: `${name} suppressed as stale: its age could not be told; ${limit}`,
    };
  }
  const over = ageSeconds - maxAlertAgeSeconds;
  const by = over > 0 ? `, ${spanOf(over * 1_000)} too old` : '';
  const age = `it had waited ${spanOf(ageSeconds * 1_000)} to be decided${by}`;
  return { kind: 'suppressed', sentence: `${name} suppressed as stale: ${age} (${limit})` };
}
