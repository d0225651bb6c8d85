import type { Plan } from '../../events/data/plan.ts';
import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../../events/envelope.ts';
import { idOfAlert } from '../../events/ids.ts';
import { millisOf } from '../../events/instant.ts';

/** What an alert led to: a decision of the intake, or none. `ignored`: no row matched, or nothing was decided yet. */
export type Answer = {
  /** Of an alert about a StatefulSet: the pod that it is about. */
  pod?: string;
} & (
  | { kind: 'requested'; collectionId: string; plan: Plan }
  | { kind: 'attached'; collectionId: string }
  | { kind: 'suppressed'; reason: 'cooldown' | 'stale'; until?: string }
  | { kind: 'declined'; label: string }
  | { kind: 'ignored' }
);

/** A firing alert of the stream, as it was told first or again, and what was recorded about it: more than one answer where it waited for a cooldown. */
export interface PastAlert {
  event: StoredEvent<'AlertReceived' | 'AlertRenewed'>;
  alertId: string;
  answers: Answer[];
  /** Names of the pods of its StatefulSet that ran, where they were looked for. */
  running?: string[];
  /** RFC 3339: when it was decided first; absent where nothing was. */
  decidedAt?: string;
  /** RFC 3339: when it resolved, if it did. */
  resolvedAt?: string;
}

/** How the making of a recording ended, by its log. */
export interface PastCollection {
  /** From the request to JfrCollected or the failure. */
  tookMs: number;
  failed: boolean;
  durationSeconds: number;
}

/** What the stream says of alerts and of what was made of them. */
export interface Past {
  /** In the order of the stream. */
  alerts: PastAlert[];
  collections: ReadonlyMap<string, PastCollection>;
}

/** Reads alerts and decisions off the stream, message by message. Pure. */
export function createPast(): { apply: (message: StoredMessage) => void; past: () => Past } {
  const alerts = new Map<string, PastAlert>();
  /** By alertId: as it was told last. */
  const latest = new Map<string, PastAlert>();
  const requests = new Map<string, StoredEvent<'CollectionRequested'>>();
  const collections = new Map<string, PastCollection>();

  const answer = (
    alertId: string,
    at: string,
    given: Answer,
    about: { searchId?: string; pod?: string } = {},
  ) => {
    const alert = latest.get(alertId);
    const { searchId, pod } = about;
    alert?.answers.push(searchId === undefined || pod === undefined ? given : { ...given, pod });
    if (alert) alert.decidedAt ??= at;
  };
  const end = ({ data, time }: StoredEvent<'JfrCollected' | 'CollectionFailed'>, failed: boolean) => {
    const request = requests.get(data.collectionId);
    if (!request || collections.has(data.collectionId)) return;
    const { durationSeconds } = request.data.plan;
    const tookMs = Math.max(0, millisOf(time) - millisOf(request.time));
    collections.set(data.collectionId, { tookMs, failed, durationSeconds });
  };

  return {
    apply: (message) => {
      const event = decodeEvent(message);
      if (!isEvent(event)) return;
      switch (event.type) {
        case 'AlertReceived':
        case 'AlertRenewed':
          receive(alerts, latest, event);
          break;
        case 'AlertDeclined':
          answer(event.data.alertId, event.time, { kind: 'declined', label: event.data.label });
          break;
        case 'CollectionRequested': {
          const { trigger, collectionId, plan } = event.data;
          requests.set(collectionId, event);
          answer(
            trigger.alertId,
            event.time,
            { kind: 'requested', collectionId, plan },
            { ...trigger, pod: event.data.pod },
          );
          break;
        }
        case 'AlertAttached': {
          const { alertId, collectionId } = event.data;
          answer(alertId, event.time, { kind: 'attached', collectionId }, event.data);
          break;
        }
        case 'CollectionSuppressed': {
          const { alertId, reason, until } = event.data;
          const suppressed = {
            kind: 'suppressed',
            reason,
            ...(until === undefined ? {} : { until }),
          } as const;
          answer(alertId, event.time, suppressed, event.data);
          break;
        }
        case 'TargetsFound': {
          const alert = latest.get(event.data.trigger.alertId);
          if (alert) alert.running = runningIn(event);
          break;
        }
        case 'JfrCollected':
          end(event, false);
          break;
        case 'CollectionFailed':
          if (event.data.stage === 'collect') end(event, true);
          break;
        default:
      }
    },
    past: () => ({ alerts: [...alerts.values()], collections }),
  };
}

/** Also those that the plan of then did not want. */
function runningIn({ data: { pods, leftOut } }: StoredEvent<'TargetsFound'>): string[] {
  const others = leftOut.filter(({ reason }) => reason === 'one' || reason === 'max');
  return [...pods, ...others.map(({ pod }) => pod)];
}

function receive(
  alerts: Map<string, PastAlert>,
  latest: Map<string, PastAlert>,
  event: StoredEvent<'AlertReceived' | 'AlertRenewed'>,
): void {
  const { data, time } = event;
  const alertId = idOfAlert({ ...data, status: 'firing' });
  if (data.status === 'resolved') {
    const alert = latest.get(alertId);
    if (alert) alert.resolvedAt ??= time;
    return;
  }
  if (event.type === 'AlertRenewed' && event.data.reason === 'changed') return;
  // Once the stream has forgotten an alert, its repeat is stored under the same id: the later one counts.
  const alert = { event: withoutAnnotations(event), alertId, answers: [] };
  alerts.set(event.id, alert);
  latest.set(alertId, alert);
}

/** They decide nothing, and are most of what an alert weighs. */
function withoutAnnotations(event: PastAlert['event']): PastAlert['event'] {
  const { sequence, storedAt } = event;
  if (event.type === 'AlertReceived')
    return { ...event, sequence, storedAt, data: { ...event.data, annotations: {} } };
  return { ...event, sequence, storedAt, data: { ...event.data, annotations: {} } };
}
