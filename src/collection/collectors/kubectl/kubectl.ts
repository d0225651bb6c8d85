import { AttemptFailed, PermanentlyFailed } from '../../../kernel/react/failures.ts';
import type { CollectTask } from '../collector.ts';
import { type ProgramOutput, runProgram } from '../../../programs/run-program.ts';
import type { Spawner } from '../../../programs/spawner.ts';
import { isPodName } from '../targets.ts';
import { kubectlFailure } from './kubectl-failure.ts';
import type { KubectlOptions } from './options.ts';

interface RunOptions {
  /** A file of this machine that stdout is appended to. Without it the last 64 KiB are kept. */
  stdoutTo?: string;
}

/** kubectl, aimed at the pod of a task. */
export interface Kubectl {
  /** `kubectl VERB POD …`, as in `get pod`, `logs`, `debug`. Throws AttemptFailed with a code that says what is wrong: see kubectl-failure.ts. */
  run: (verb: readonly string[], args: readonly string[], options?: RunOptions) => Promise<ProgramOutput>;
  /** Runs a program in a container of the pod, without a shell. */
  exec: (container: string, argv: readonly string[], options?: RunOptions) => Promise<ProgramOutput>;
  /** The same with another signal than that of the attempt. */
  within: (signal: AbortSignal) => Kubectl;
}

/**
 * Labels are hostile: a pod named `--kubeconfig=x` or `svc/other` would be an option or another object. Throws
 * PermanentlyFailed where a name can't be one of Kubernetes.
 */
export function createKubectl(spawner: Spawner, options: KubectlOptions, task: CollectTask): Kubectl {
  const { pod, directory: cwd } = task;
  if (!isPodName(pod)) throw noSuchName('pod', pod);
  const base = kubectlIn(options, task);

  const start = async (args: readonly string[], { stdoutTo }: RunOptions = {}) => {
    const argv = [...base, ...args];
    return runProgram(spawner, argv, { cwd, stdoutTo, signal: task.signal }).catch((error: unknown) => {
      throw error instanceof AttemptFailed ? kubectlFailure(error, { ...task, what: `pod ${pod}` }) : error;
    });
  };
  return {
    run: (verb, args, runOptions) => start([...verb, pod, ...args], runOptions),
    exec: (container, argv, runOptions) =>
      start(['exec', pod, `--container=${container}`, '--', ...argv], runOptions),
    within: (signal) => createKubectl(spawner, options, { ...task, signal }),
  };
}

/** What a command line of kubectl begins with. Throws PermanentlyFailed where a name can't be one of Kubernetes. */
export function kubectlIn(
  { kubectl, inCluster }: Pick<KubectlOptions, 'kubectl' | 'inCluster'>,
  { kubeContext, namespace }: { kubeContext: string; namespace: string },
): string[] {
  if (!dnsLabel.test(namespace)) throw noSuchName('namespace', namespace);
  if (kubeContext === '') throw new PermanentlyFailed('context-unknown', 'the alert names no kube_context');
  const context = kubeContext === inCluster ? [] : [`--context=${kubeContext}`];
  return [kubectl, ...context, `--namespace=${namespace}`];
}

const dnsLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function noSuchName(what: 'pod' | 'namespace', name: string): PermanentlyFailed {
  return new PermanentlyFailed('pod-not-found', `${JSON.stringify(name)} cannot be the name of a ${what}`);
}
