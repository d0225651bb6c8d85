import { dirname, join } from 'node:path/posix';
import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { CollectTask } from '../collector.ts';
import { startDebugContainer } from './debug-container.ts';
import { chooseJvm, javaProcesses, type JvmProcess, listedJvms } from './jvms.ts';
import type { Kubectl } from './kubectl.ts';
import type { KubectlOptions } from './options.ts';
import { type PodJson, type RunningContainer, runningContainer } from './pod.ts';

/** Where jcmd runs, and for which JVM. */
export interface JcmdPlace {
  /** The JVM's own, or a debug container that shares its processes. */
  container: string;
  jcmd: string;
  pid: number;
  /** Before a path of the JVM's file system, as it is seen from there: empty, or `/proc/PID/root`. */
  root: string;
}

export interface FoundJvm {
  /** The JVM's own container. */
  container: RunningContainer;
  place: JcmdPlace;
}

interface Search {
  kubectl: Kubectl;
  task: CollectTask;
  options: KubectlOptions;
  pod: PodJson;
}

/**
 * Finds the JVM and a jcmd for it. In the container that the configuration or the alert names, else in the first one that
 * has a JVM. Throws AttemptFailed with everything that was tried.
 */
export async function findPlace(search: Search): Promise<FoundJvm> {
  const names = candidates(search);
  const faults: AttemptFailed[] = [];
  for (const name of names) {
    try {
      const container = runningContainer(search.pod, name);
      return { container, place: await climb(search, container, names.length === 1) };
    } catch (error) {
      if (!(error instanceof AttemptFailed) || !elsewhere.has(error.code)) throw error;
      faults.push(error);
    }
  }
  const [first] = faults;
  if (first && faults.length === 1) throw first;
  const message = faults.map((error, index) => `${names[index] ?? ''}: ${error.message}`).join('; ');
  throw new AttemptFailed(first?.code ?? 'jvm-not-found', `no container of the pod is usable. ${message}`);
}

/** What another container of the pod may do better. */
const elsewhere: ReadonlySet<string> = new Set(['jvm-not-found', 'jcmd-not-found', 'pod-not-running']);

/** A label may name the container of the exporter that told the metric: it counts where the pod has such a container. */
function candidates({ pod, task, options }: Search): string[] {
  const names = pod.spec.containers.map(({ name }) => name);
  const label = task.alert?.container;
  if (options.container !== undefined) return [options.container];
  if (label !== undefined && names.includes(label)) return [label];
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  return names.sort((a, b) => Number(b === preferred) - Number(a === preferred));
}

/** The ways to a jcmd, the least intrusive first: the container's own, that of the JVM's own JDK, a debug container's. */
async function climb(search: Search, container: RunningContainer, isChosen: boolean): Promise<JcmdPlace> {
  const { kubectl, task, options } = search;
  const tried: string[] = [];
  const inside = await withJcmd(search, container.name, options.jcmd, undefined);
  if (inside) return inside;
  tried.push(`${options.jcmd} is not on the PATH of the container ${container.name}`);

  const processes = await javaProcesses(kubectl, container.name).catch(ifMissing);
  if (!processes) tried.push('find and ls are not there, so its /proc was not searched for a JVM');
  else if (processes.length === 0) tried.push('no process in its /proc is named java');
  for (const home of new Set(processes?.map(({ java = '' }) => dirname(java)))) {
    const own = join(home, 'jcmd');
    const place = await withJcmd(search, container.name, own, processes);
    if (place) return place;
    tried.push(`its JVM is a JRE: ${own} is not there`);
  }

  if (options.debugImage === undefined) {
    tried.push('no debugImage is configured for an ephemeral container');
  } else if (isChosen || processes?.length) {
    try {
      const debug = await startDebugContainer(kubectl, task, options, options.debugImage, container);
      const place = await withJcmd(search, debug, 'jcmd', undefined);
      if (place) return { ...place, root: `/proc/${String(place.pid)}/root` };
      tried.push(`the debugImage ${options.debugImage} has no jcmd`);
    } catch (error) {
      if (!(error instanceof AttemptFailed) || task.signal.aborted) throw error;
      tried.push(`the debug container: ${error.message}`);
      throw new AttemptFailed(error.code, tried.join('; '), error.details);
    }
  } else {
    tried.push('no debug container was added, because no container is named by the option container');
  }
  throw new AttemptFailed('jcmd-not-found', `there is no jcmd for the JVM: ${tried.join('; ')}`);
}

/** Undefined where there is no such jcmd. */
async function withJcmd(
  { kubectl, options }: Search,
  container: string,
  jcmd: string,
  known: readonly JvmProcess[] | undefined,
): Promise<JcmdPlace | undefined> {
  const listed = await listedJvms(kubectl, container, jcmd).catch(ifMissing);
  if (!listed) return undefined;
  const hidden = async () => known ?? (await javaProcesses(kubectl, container).catch(ifMissing)) ?? [];
  const found = listed.length > 0 ? listed : await hidden();
  const { pid } = await chooseJvm(kubectl, container, found, options);
  return { container, jcmd, pid, root: '' };
}

/** A program that is not there is an answer; a `find` that saw processes come and go is none. */
function ifMissing(error: unknown): undefined {
  if (error instanceof AttemptFailed && error.code === 'program-missing') return undefined;
  throw error;
}
