import { alertsFeature } from './alerts/feature.ts';
import { readOutcomesOf } from './alerts/outcomes.ts';
import { alertSentences } from './alerts/sentences.ts';
import { Alert, AlertGroups, AlertItem, AlertPage } from './alerts/schemas.ts';
import type { PodBoard } from './collection/pod/board.ts';
import { collectionFeature } from './collection/feature.ts';
import { collectionDurables } from './collection/durables.ts';
import { createPolicy } from './collection/intake/policy.ts';
import * as collections from './collection/routes/schemas/collections.ts';
import { CollectionCounts, PodItem, PodPage } from './collection/routes/schemas/overviews.ts';
import { Explanation } from './collection/routes/schemas/explanation.ts';
import { RowMatch, RowPage } from './collection/routes/schemas/rows.ts';
import { collectionSentences, policySentences, targetsSentences } from './collection/sentences.ts';
import { needsReadModel } from './config/config.ts';
import type { EventType } from './events/catalogue.ts';
import type { AnyEvent, Event } from './events/envelope.ts';
import type { DurableRow, Feature, Parts } from './feature.ts';
import { ingestFeature } from './ingest/feature.ts';
import type { AlertSource } from './ingest/receive.ts';
import { sourceSentences } from './ingest/sentences.ts';
import { rejectedSentences } from './kernel/explain/sentence.ts';
import { Accepted, AlertsEnded } from './ingest/schemas.ts';
import { streamName as stream } from './log/streams/definitions.ts';

// Every feature there is. To add one, add it here: what it brings at run time, and what it says without running.

/** The features of a process; no feature knows another, so that what one needs of another is handed over here. */
export function createFeatures(
  parts: Parts,
  sources: readonly AlertSource[],
): { all: readonly Feature[]; board: PodBoard } {
  const { config, connection } = parts;
  const collection = collectionFeature(parts, {
    sentenceOf,
    readEarlier: (alerts) => readOutcomesOf({ connection, stream }, alerts),
  });
  const { board, openWaiting } = collection;
  const policy = createPolicy(config.rules.collections);
  const alerts = alertsFeature(parts, {
    collection: board.summaries.get,
    matchesRow: (labels) => policy.planFor(labels) !== undefined,
  });
  const ingest = ingestFeature(parts, { sources, ...(needsReadModel(config.roles) ? { openWaiting } : {}) });
  return { all: [ingest, collection, alerts], board };
}

/** The durable consumers of all features. */
export const durables: Readonly<Record<string, DurableRow>> = { ...collectionDurables };

/** Timers that are counted where they did not go off. */
export const timers = ['cooldown', 'source'];

/** What the API's document says of the features: its tags and its named schemas. */
export const apiDocument = {
  tags: [
    { name: 'collections', description: 'Recordings: what was asked for, what became of it, and the files.' },
    { name: 'alerts', description: 'What Alertmanager told, and what it led to.' },
  ],
  schemas: [
    ...[collections.CollectionItem, collections.CollectionPage, collections.Collection, collections.PodState],
    ...[CollectionCounts, PodItem, PodPage],
    ...[collections.Replay, collections.Started, collections.Acted, collections.Redriven],
    ...[AlertItem, AlertPage, Alert, AlertGroups, Accepted, AlertsEnded, Explanation],
    ...[RowPage, RowMatch],
  ],
};

/** What each event says in a few words: in `tail` and in the demo. The compiler names one that is missing. */
const sentences: Record<EventType, (data: never) => string> = {
  ...alertSentences,
  ...collectionSentences,
  ...targetsSentences,
  ...policySentences,
  ...sourceSentences,
  ...rejectedSentences,
};

/** What an event says, in a few words. May hold anything that a label can hold. */
export function sentenceOf(event: Event): string {
  const { type, data }: AnyEvent = event;
  return (sentences[type as EventType] as (data: object) => string)(data);
}
