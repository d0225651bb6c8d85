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
  /** The command line of the same. */
  execArgv: (container: string, argv: readonly string[]) => string[];
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

  const execArgv = (container: string, argv: readonly string[]) => [
    ...[...base, 'exec', pod, `--container=${container}`, '--', ...argv],
  ];
  const start = async (argv: readonly string[], { stdoutTo }: RunOptions = {}) => {
    return runProgram(spawner, argv, { cwd, stdoutTo, signal: task.signal }).catch((error: unknown) => {
      throw error instanceof AttemptFailed ? kubectlFailure(error, { ...task, what: `pod ${pod}` }) : error;
    });
  };
  return {
    run: (verb, args, runOptions) => start([...base, ...verb, pod, ...args], runOptions),
    exec: (container, argv, runOptions) => start(execArgv(container, argv), runOptions),
    execArgv,
    within: (signal) => createKubectl(spawner, options, { ...task, signal }),
  };
}

/** What a command line of kubectl begins with. Throws PermanentlyFailed where a name can't be one of Kubernetes. */
export function kubectlIn(options: Pick<KubectlOptions, 'kubectl' | 'inCluster'>, place: Place): string[] {
  if (!dnsLabel.test(place.namespace)) throw noSuchName('namespace', place.namespace);
  if (place.kubeContext === '')
    throw new PermanentlyFailed('context-unknown', 'the alert names no kube_context');
  return baseArgv(options, place);
}

interface Place {
  kubeContext: string;
  namespace: string;
}

function baseArgv(
  { kubectl, inCluster }: Pick<KubectlOptions, 'kubectl' | 'inCluster'>,
  { kubeContext, namespace }: Place,
): string[] {
  const context = kubeContext === inCluster ? [] : [`--context=${kubeContext}`];
  return [kubectl, ...context, `--namespace=${namespace}`];
}

/** The command line of the first kubectl of a task, which reads the pod. */
export function getPodArgv(options: KubectlOptions, target: Place & { pod: string }): string[] {
  return [...baseArgv(options, target), 'get', 'pod', target.pod, ...asJson];
}

export const asJson = ['--output=json', '--request-timeout=20s'] as const;

const dnsLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function noSuchName(what: 'pod' | 'namespace', name: string): PermanentlyFailed {
  return new PermanentlyFailed('pod-not-found', `${JSON.stringify(name)} cannot be the name of a ${what}`);
}
