import type { Plan } from '../../events/data/plan.ts';
import type { LeftOut } from '../../events/data/targets.ts';

/** The pods of a StatefulSet, in the order of their numbers. */
export interface FoundPods {
  /** Those that may be recorded. */
  pods: string[];
  leftOut: LeftOut[];
}

/** Without a plan of its own, an alert stands for all pods, up to ten. */
const defaults = { statefulSet: 'all', max: 10 } as const;

/** The names that Kubernetes gives the pods of a StatefulSet, from `first` on. */
export function podNamesOf(sts: string, count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${sts}-${String(first + index)}`);
}

/** Without the pods that there is a reason against. */
export function leaveOut(
  { pods, leftOut }: FoundPods,
  whyNot: (pod: string) => LeftOut | undefined,
): FoundPods {
  const reasons = pods.map(whyNot);
  const without = reasons.filter((each) => each !== undefined);
  return { pods: pods.filter((_, index) => !reasons[index]), leftOut: [...leftOut, ...without] };
}

/** The pods that the plan wants, of those that were found. */
export function chosen({ pods, leftOut }: FoundPods, { targets = defaults }: Plan): FoundPods {
  const { statefulSet, max } = targets;
  const [reason, limit] = statefulSet === 'one' ? (['one', 1] as const) : (['max', max] as const);
  const message =
    reason === 'one' ? `${pods[0] ?? ''} stands for it` : `at most ${String(max)} pods are recorded`;
  const others = pods.slice(limit).map((pod): LeftOut => ({ pod, reason, message }));
  return { pods: pods.slice(0, limit), leftOut: [...leftOut, ...others] };
}
