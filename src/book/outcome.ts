import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../events/envelope.ts';
import { alertIdOfDecision } from '../events/ids.ts';

/** What was decided about one pod. */
interface Decided {
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

/** What an alert has led to so far. */
export interface AlertOutcome extends Decided {
  decision: DecidedEvent['type'];
  /** Of an alert about a StatefulSet, once its pods are found. */
  pods?: PodOutcome[];
}

/** What an alert about a StatefulSet has led to for one of its pods. Without a decision it is left out, or not decided yet. */
export interface PodOutcome extends Partial<Decided> {
  pod: string;
  decision?: PodDecision['type'];
}

type PodDecision = StoredEvent<(typeof podDecisionTypes)[number]>;
type DecidedEvent = PodDecision | StoredEvent<'AlertDeclined' | 'TargetsRequested' | 'TargetsFound'>;

/** The types of decisions about pods. */
const podDecisionTypes = ['CollectionRequested', 'AlertAttached', 'CollectionSuppressed'] as const;

/** The types of decisions about alerts that are not on the subjects of the alerts themselves. */
export const decisionTypesElsewhere = [
  ...podDecisionTypes,
  ...(['TargetsRequested', 'TargetsFound'] as const),
] as const;

/** Ids of decisions begin with the alert's: see receptionIdOf. */
export function alertIdIn(message: StoredMessage): string {
  return alertIdOfDecision(message.header('ce-id') ?? '');
}

const decisionTypes: ReadonlySet<string> = new Set([...decisionTypesElsewhere, 'AlertDeclined']);

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

/** The outcome after one more decision. Pure. */
export function outcomeAfter(before: AlertOutcome | undefined, event: DecidedEvent): AlertOutcome {
  const { type, data, time: at, sequence } = event;
  switch (type) {
    case 'AlertDeclined':
      return { decision: type, at, sequence, reason: data.message };
    case 'TargetsRequested':
      return { decision: type, at, sequence };
    case 'TargetsFound': {
      const leftOut = data.leftOut.map(({ pod, message: reason }) => ({ pod, reason }));
      return { decision: type, at, sequence, pods: [...data.pods.map((pod) => ({ pod })), ...leftOut] };
    }
  }
  const decided = decisionOf(event);
  const searchId = type === 'CollectionRequested' ? data.trigger.searchId : data.searchId;
  if (searchId === undefined) return decided;
  const others = before?.pods ?? [];
  const pod: PodOutcome = { pod: data.pod, ...decided };
  const isKnown = others.some((each) => each.pod === pod.pod);
  const pods = isKnown ? others.map((each) => (each.pod === pod.pod ? pod : each)) : [...others, pod];
  return { ...(before ?? { at, sequence }), decision: 'TargetsFound', pods };
}

/** True where nothing more is decided: it waits for no cooldown, and for no pod of its StatefulSet. */
export function isDecided({ decision, until, pods }: AlertOutcome): boolean {
  if (!pods) return decision !== 'TargetsRequested' && until === undefined;
  return pods.every((each) => each.until === undefined && !isUndecided(each));
}

/** True for a pod that was found and not decided on yet. */
export function isUndecided({ decision, reason }: PodOutcome): boolean {
  return decision === undefined && reason === undefined;
}

function decisionOf({ type, data, time: at, sequence }: PodDecision) {
  if (type !== 'CollectionSuppressed')
    return { decision: type, at, sequence, collectionId: data.collectionId };
  const { reason, until } = data;
  return { decision: type, at, sequence, reason, ...(until === undefined ? {} : { until }) };
}
