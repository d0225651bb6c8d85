import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../events/envelope.ts';

/** What an alert has led to so far. */
export interface AlertOutcome {
  decision: DecidedEvent['type'];
  /** RFC 3339. */
  at: string;
  sequence: number;
  /** The collection that answers the alert. */
  collectionId?: string;
  /** Why there is none. */
  reason?: string;
  /** RFC 3339: the alert is decided again then. */
  until?: string;
}

type DecidedEvent = StoredEvent<
  'CollectionRequested' | 'AlertAttached' | 'CollectionSuppressed' | 'AlertDeclined'
>;

/** The types of decisions about alerts that name a pod. */
export const podDecisionTypes = ['CollectionRequested', 'AlertAttached', 'CollectionSuppressed'] as const;

/** Ids of decisions begin with the alert's: see receptionIdOf. */
export function alertIdIn(message: StoredMessage): string {
  return message.header('ce-id')?.split('@', 1)[0] ?? '';
}

const decisionTypes: ReadonlySet<string> = new Set([...podDecisionTypes, 'AlertDeclined']);

/** Without decoding it. */
export function isDecisionMessage(message: StoredMessage): boolean {
  return decisionTypes.has(message.header('ce-type') ?? '');
}

export function decisionIn(message: StoredMessage): DecidedEvent | undefined {
  const event = decodeEvent(message);
  return isEvent(event) && isDecision(event) ? event : undefined;
}

export function isDecision(event: StoredEvent): event is DecidedEvent {
  return decisionTypes.has(event.type);
}

export function outcomeOf({ type, data, time: at, sequence }: DecidedEvent): AlertOutcome {
  switch (type) {
    case 'CollectionRequested':
    case 'AlertAttached':
      return { decision: type, at, sequence, collectionId: data.collectionId };
    case 'CollectionSuppressed':
      return {
        ...{ decision: type, at, sequence, reason: data.reason },
        ...(data.until === undefined ? {} : { until: data.until }),
      };
    case 'AlertDeclined':
      return { decision: type, at, sequence, reason: data.message };
  }
}
