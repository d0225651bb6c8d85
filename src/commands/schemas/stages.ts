import { type CollectionState, collectionStates } from '../../book/collection-state.ts';
import { createPodBoard } from '../../collection/pod/board.ts';
import type { CollectionSummary } from '../../collection/pod/summary.ts';
import {
  type CollectionEventType,
  type DataOf,
  eventTypes,
  hasField,
  isOfFamily,
} from '../../events/catalogue.ts';
import { createEvent, type Event } from '../../events/envelope.ts';
import { exampleOf } from './examples.ts';

type Stages = Record<CollectionState, Partial<Record<CollectionEventType, CollectionState>>>;
type Sample = Event<CollectionEventType>;

/**
 * Which events a collection takes in which state, and its state after them. Found out by trying, so that it cannot differ from
 * what the service does: its board is given every event in every state, and each way that is found is gone on from once. Where
 * an event leads to one state or another by what it says, the table has that of its golden file.
 */
export function collectionStages(): Stages {
  const stages = Object.fromEntries(collectionStates.map((state) => [state, {}])) as Stages;
  const samples = eventTypes.filter((type) => isOfFamily(type, 'collection')).flatMap(samplesOf);
  const histories = [samples.filter(({ type }) => type === 'CollectionRequested')];
  const ways = new Set<string>();
  for (const history of histories) {
    const state = summaryAfter(history)?.state;
    if (state === undefined) throw new Error('the golden CollectionRequested requests no collection');
    for (const event of samples) {
      const longer = [...history, event];
      const after = summaryAfter(longer);
      const way = `${state} ${event.type} ${String(after?.state)}`;
      if (after?.lastSequence !== longer.length || ways.has(way)) continue;
      ways.add(way);
      stages[state][event.type] ??= after.state;
      histories.push(longer);
    }
  }
  return stages;
}

/** What an event may say that decides whether it fits, and what it leads to. */
const variants: Record<string, readonly unknown[]> = {
  run: [1, 2],
  attempt: [1, 2],
  stage: ['collect', 'upload'],
  cancelled: [undefined, { by: 'operator', reason: 'enough' }],
};

/** The golden file of an event, and what else it may say; those of all events are of one collection. */
function samplesOf(type: CollectionEventType): Sample[] {
  const { headers, body } = exampleOf(type);
  let bodies = [body];
  for (const [field, values] of Object.entries(variants)) {
    if (hasField(type, field))
      bodies = bodies.flatMap((each) => values.map((value) => ({ ...each, [field]: value })));
  }
  const about = { part: 'schemas', time: headers['ce-time'] ?? '' };
  return [body, ...bodies].map((each) => createEvent(type, each as DataOf<CollectionEventType>, about));
}

function summaryAfter(history: readonly Sample[]): CollectionSummary | undefined {
  const board = createPodBoard();
  history.forEach((event, index) => board.applyOwn(event, index + 1));
  return board.summaries.list({ limit: 1 }).items[0];
}
