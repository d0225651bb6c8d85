import type { StoredEvent } from '../../events/envelope.ts';
import { podOf } from '../../book/pod-of-alert.ts';
import type { Alerts } from './alerts.ts';
import { createPolicies } from './policies.ts';
import type { Mark } from './runs.ts';
import type { About, Note, Report } from './promises.ts';

export type Labels = Readonly<Record<string, string>>;

/** Why something has to be decided about an alert: it was told, or the cooldown that it waited for has ended. */
export interface Cause {
  /** What the decision is named after. */
  id: string;
  alertId: string;
  labels: Labels;
  mark: Mark;
  /** Found by a search: whatever a policy says, it is decided on. */
  pod?: string;
  /** Of an ended cooldown: where it began, and the id that the alert has once it is told to be resolved. */
  cooldown?: { sequence: number; resolvedId: string };
}

/** An alert that waits to be decided, or for the end of a cooldown. */
export interface UndecidedAlert extends About {
  what: string;
  since: Mark;
  /** RFC 3339, of the cooldown. */
  until?: string;
}

/** Promise 6, of causes: each has a decision if all policies want one that may have been in force. */
export function createUndecided(alerts: Alerts, report: Report) {
  const policies = createPolicies();
  /** Those that all policies so far want a decision about, and that have none, by id. */
  const causes = new Map<string, Cause>();
  const asked = new Set<string>();
  /** Alerts that say of no pod are declined once, however often they are told. */
  const declined = new Set<string>();
  /** Sequences of what the intake gave up on. */
  const rejected = new Set<number>();
  let unknown = 0;

  const isExcused = ({ alertId, mark, cooldown }: Cause): boolean =>
    rejected.has(mark.sequence) ||
    // The intake looks for the alert then, and whether it has resolved.
    (cooldown !== undefined && (!alerts.isReceived(alertId) || alerts.isTold(cooldown.resolvedId)));

  return {
    ask: (cause: Cause): void => {
      const verdict = policies.verdictOf(cause.labels, cause.mark.storedAt);
      if (verdict === 'unknown') unknown += 1;
      if (verdict === 'matches' && !declined.has(cause.alertId)) causes.set(cause.id, cause);
    },
    /** The same where no policy is asked any more. A cause that is told twice is asked once. */
    askSurely: (cause: Cause): void => {
      if (asked.size !== asked.add(cause.id).size) causes.set(cause.id, cause);
    },
    /** The labels of the alert, if that was what it waited for. */
    answer: (causeId: string, alertId: string): Labels | undefined => {
      const cause = causes.get(causeId);
      if (cause?.alertId !== alertId) return undefined;
      causes.delete(causeId);
      return cause.labels;
    },
    decline: (alertId: string): void => void declined.add(alertId),
    reject: (sequence: number): void => void rejected.add(sequence),
    /** Whoever has not decided yet may do so by this policy: the intake may have been away. */
    configure: (event: StoredEvent<'PolicyConfigured'>, hasUnseen: boolean): void => {
      policies.apply(event, hasUnseen);
      for (const { id, labels, pod } of causes.values()) {
        if (pod !== undefined || policies.lastMatches(labels)) continue;
        causes.delete(id);
        unknown += 1;
      }
    },
    /** Reports what is undecided up to a sequence, and returns what may still be decided. */
    finish: (upTo: number): UndecidedAlert[] =>
      [...causes.values()].flatMap((cause) => {
        if (isExcused(cause)) return [];
        const about = aboutOf(cause);
        if (cause.mark.sequence > upTo) return { ...about, what: 'waits to be decided', since: cause.mark };
        const what = whatIsMissing(cause);
        const before = cause.cooldown ? [cause.cooldown.sequence] : [];
        report(6, what, about, [...before, cause.mark.sequence]);
        return [];
      }),
    notes: (): Note[] => {
      if (unknown === 0) return [];
      const what = `it cannot be said whether the policy in force matched ${String(unknown)} of the firing alerts: none was on the stream, or it changed around then`;
      return [{ what, sequences: [] }];
    },
  };
}

function whatIsMissing({ cooldown, pod }: Cause): string {
  if (cooldown) return 'was not decided again after its cooldown';
  if (pod !== undefined) return 'the pod was found for it, but nothing was decided';
  return 'the policy in force matches it, but nothing was decided';
}

function aboutOf({ alertId, labels, pod }: Cause): About {
  if (pod !== undefined) return { alertId, pod };
  const found = podOf(labels);
  if (!('pod' in found)) return { alertId };
  const { kubeContext, namespace, pod: name } = found.pod;
  return { alertId, pod: `${kubeContext}/${namespace}/${name}` };
}
