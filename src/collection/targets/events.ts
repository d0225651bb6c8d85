import { createEvent } from '../../events/envelope.ts';
import type { Decision } from '../../kernel/decide/decider.ts';
import { shortError } from '../../kernel/explain/sentence.ts';
import { type AttemptFailed, eventErrorOf } from '../../kernel/react/failures.ts';
import { refOf } from '../intake/decide.ts';
import { repeatAfter, unansweredBecause } from '../intake/unanswered.ts';
import type { FindWork } from './find.ts';
import type { FoundPods } from './pods.ts';
import { alertOf } from './request.ts';

const part = 'collect';

export function found(work: FindWork, now: string, attempt: number, pods: FoundPods, tookMs: number) {
  const { trigger, plan, since } = work.state;
  const data = { ...idOf(work), trigger, plan, since, attempt, ...pods, tookMs };
  return createEvent('TargetsFound', data, about(work, now));
}

/** Without `retryAt` there is no other attempt. */
export function attemptFailed(
  work: FindWork,
  now: string,
  attempt: number,
  failure: AttemptFailed,
  retryAt: string | undefined,
) {
  const data = {
    ...idOf(work),
    attempt,
    error: eventErrorOf(failure),
    ...(retryAt === undefined ? {} : { retryAt }),
  };
  return createEvent('TargetsAttemptFailed', data, about(work, now));
}

/** The end of a search: its alert is declined, and its next repeat decided anew as often as the plan says. */
export function notFound(work: FindWork, now: string): Decision {
  const { searchId, trigger, attempts, lastError } = work.state;
  const error = lastError ?? { code: 'unexpected', message: 'no attempt was made' };
  const end = createEvent('TargetsNotFound', { ...idOf(work), attempts, error }, about(work, now));
  const alert = refOf(trigger.alertId, alertOf(trigger));
  const message = `the alert has no label pod, and of the StatefulSet ${work.sts} no pod was found: ${shortError(error)}`;
  const declined = createEvent(
    'AlertDeclined',
    { ...alert, reason: 'missing-label', label: 'pod', message },
    { ...about(work, now), causeId: searchId },
  );
  const repeat = repeatAfter(work.state);
  if (repeat === undefined) return { events: [declined, end] };
  const unanswered = unansweredBecause(end, { ...alert, reason: 'failed', repeat }, now);
  return { events: [unanswered, declined, end] };
}

function idOf({ kubeContext, namespace, sts, state: { searchId } }: FindWork) {
  return { kubeContext, namespace, sts, searchId };
}

function about({ traceparent }: FindWork, time: string) {
  return { part, time, traceparent };
}
