import { Value } from '@sinclair/typebox/value';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftOut } from '../../../events/data/targets.ts';
import { AttemptFailed, PermanentlyFailed } from '../../../kernel/react/failures.ts';
import { runProgram } from '../../../programs/run-program.ts';
import type { Spawner } from '../../../programs/spawner.ts';
import { leaveOut, podNamesOf } from '../../targets/pods.ts';
import { isPodName, type TargetsFinder, type TargetsTask } from '../targets.ts';
import { kubectlIn } from './kubectl.ts';
import { kubectlFailure } from './kubectl-failure.ts';
import { defaultOptions, type KubectlOptions } from './options.ts';

/** What this reads of a StatefulSet (apps/v1). */
const StatefulSetJson = Type.Object({
  spec: Type.Object({
    replicas: Type.Optional(Type.Integer({ minimum: 0 })),
    ordinals: Type.Optional(Type.Object({ start: Type.Optional(Type.Integer({ minimum: 0 })) })),
  }),
});
const Pod = Type.Object({
  metadata: Type.Object({ name: Type.String() }),
  status: Type.Object({ phase: Type.Optional(Type.String()) }),
});
const Pods = Type.Union([Type.Object({ items: Type.Array(Pod) }), Pod]);

/** They are arguments of one command line. */
const maxPods = 1_000;

/**
 * Asks the cluster how many pods a StatefulSet has, and which of them run. Kubernetes names them after it, `<sts>-0` and so on:
 * so one that is gone is known, too. Throws PermanentlyFailed targets-not-found where there is no such StatefulSet.
 */
export function kubectlFinder(given: Partial<KubectlOptions>, spawner: Spawner): TargetsFinder {
  const options = { ...defaultOptions, ...given };
  return async (task) => {
    const { sts, namespace, kubeContext } = task;
    if (!isPodName(sts))
      throw new PermanentlyFailed(
        'targets-not-found',
        `${JSON.stringify(sts)} cannot be the name of a StatefulSet`,
      );
    const { spec } = await ask(StatefulSetJson, ['statefulset', sts], { spawner, options, task });
    const names = podNamesOf(sts, Math.min(spec.replicas ?? 1, maxPods), spec.ordinals?.start);
    const where = `${namespace} of ${kubeContext}`;
    if (names.length === 0)
      throw new AttemptFailed('targets-not-found', `the StatefulSet ${sts} in ${where} is scaled to 0 pods`);
    const answer = await ask(Pods, ['pods', ...names, '--ignore-not-found'], { spawner, options, task });
    // Of one name, kubectl prints no list.
    const items = 'items' in answer ? answer.items : [answer];
    const phases = new Map(items.map(({ metadata, status }) => [metadata.name, status.phase ?? 'Unknown']));
    const found = leaveOut({ pods: names, leftOut: [] }, (pod) => whyNot(pod, phases.get(pod), where));
    if (found.pods.length > 0) return found;
    const why = found.leftOut.map(({ message }) => message).join('; ');
    throw new AttemptFailed('targets-not-found', `no pod of the StatefulSet ${sts} runs: ${why}`);
  };
}

function whyNot(pod: string, phase: string | undefined, where: string): LeftOut | undefined {
  if (phase === undefined) return { pod, reason: 'not-found', message: `there is no pod ${pod} in ${where}` };
  if (phase === 'Running') return undefined;
  return { pod, reason: 'not-running', message: `the pod ${pod} does not run: it is ${phase}` };
}

interface Asking {
  spawner: Spawner;
  options: KubectlOptions;
  task: TargetsTask;
}

/** Through a file: the answer may be larger than what is kept of a program's output. */
async function ask<Schema extends TSchema>(
  schema: Schema,
  args: readonly string[],
  { spawner, options, task }: Asking,
): Promise<Static<Schema>> {
  const { directory: cwd, signal, sts } = task;
  const file = join(cwd, `${args[0] ?? ''}.json`);
  const argv = [...kubectlIn(options, task), 'get', ...args, '--output=json', '--request-timeout=20s'];
  const text = await runProgram(spawner, argv, { cwd, stdoutTo: file, signal })
    .then(() => readFile(file, 'utf8'))
    .catch((error: unknown) => {
      if (!(error instanceof AttemptFailed)) throw error;
      const failure = kubectlFailure(error, { ...task, what: `StatefulSet ${sts}` });
      if (failure.code !== 'pod-not-found') throw failure;
      throw new PermanentlyFailed('targets-not-found', failure.message, failure.details);
    })
    .finally(() => rm(file, { force: true }));
  // --ignore-not-found prints nothing where nothing is found.
  const answer: unknown = text.trim() === '' ? { items: [] } : parsed(text);
  if (Value.Check(schema, answer)) return answer;
  throw new AttemptFailed(
    'targets-unreadable',
    `kubectl get ${args[0] ?? ''} did not print what was expected`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
