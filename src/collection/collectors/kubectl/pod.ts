import { Value } from '@sinclair/typebox/value';
import { type Static, Type } from '@sinclair/typebox';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { CollectTask } from '../collector.ts';
import { asJson, type Kubectl } from './kubectl.ts';

/** One container of a pod, as it runs: the pin that a recording is tied to. */
export interface RunningContainer {
  podUid: string;
  name: string;
  restartCount: number;
  containerId: string;
  /** RFC 3339. */
  startedAt: string;
  /** How the container before it ended, where there was one. */
  terminated?: { reason?: string; exitCode?: number; finishedAt?: string };
  /** User id that the pod's author asked for. */
  runAsUser?: number;
}

const Terminated = Type.Object({
  reason: Type.Optional(Type.String()),
  exitCode: Type.Optional(Type.Number()),
  finishedAt: Type.Optional(Type.String()),
});
const Status = Type.Object({
  name: Type.String(),
  restartCount: Type.Optional(Type.Number()),
  containerID: Type.Optional(Type.String()),
  state: Type.Optional(
    Type.Object({
      running: Type.Optional(Type.Object({ startedAt: Type.Optional(Type.String()) })),
      waiting: Type.Optional(
        Type.Object({ reason: Type.Optional(Type.String()), message: Type.Optional(Type.String()) }),
      ),
      terminated: Type.Optional(Terminated),
    }),
  ),
  lastState: Type.Optional(Type.Object({ terminated: Type.Optional(Terminated) })),
});
const security = Type.Optional(Type.Object({ runAsUser: Type.Optional(Type.Number()) }));
/** What this reads of a pod (core/v1); there is much more in one. */
const PodJson = Type.Object({
  metadata: Type.Object({
    uid: Type.String(),
    annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
    deletionTimestamp: Type.Optional(Type.String()),
  }),
  spec: Type.Object({
    containers: Type.Array(Type.Object({ name: Type.String(), securityContext: security })),
    securityContext: security,
  }),
  status: Type.Object({
    phase: Type.Optional(Type.String()),
    containerStatuses: Type.Optional(Type.Array(Status)),
    ephemeralContainerStatuses: Type.Optional(Type.Array(Status)),
  }),
});
export type PodJson = Static<typeof PodJson>;
export type ContainerStatus = Static<typeof Status>;

/** Reads the pod as it is now. Through a file: a pod may be larger than what is kept of a program's output. */
export async function readPod(kubectl: Kubectl, { directory }: CollectTask): Promise<PodJson> {
  const file = join(directory, 'pod.json');
  try {
    await kubectl.run(['get', 'pod'], asJson, { stdoutTo: file });
    const pod: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Value.Check(PodJson, pod)) return pod;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  } finally {
    await rm(file, { force: true });
  }
  throw new AttemptFailed('cluster-unreachable', 'what kubectl get pod wrote is not a pod as JSON');
}

/** A container of the pod that runs now. Throws AttemptFailed: pod-not-running, container-not-found. */
export function runningContainer(pod: PodJson, name: string): RunningContainer {
  const { phase = 'Unknown', containerStatuses = [] } = pod.status;
  const spec = pod.spec.containers.find((each) => each.name === name);
  if (!spec) {
    const names = pod.spec.containers.map((each) => each.name).join(', ');
    throw new AttemptFailed('container-not-found', `the pod has no container ${name}; it has ${names}`);
  }
  const status = containerStatuses.find((each) => each.name === name);
  const startedAt = status?.state?.running?.startedAt;
  if (!status || startedAt === undefined) {
    const why = status ? stateText(status) : `the pod is ${phase}`;
    throw new AttemptFailed('pod-not-running', `the container ${name} does not run: ${why}`);
  }
  const terminated = status.lastState?.terminated;
  const runAsUser = spec.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  return {
    podUid: pod.metadata.uid,
    name,
    restartCount: status.restartCount ?? 0,
    containerId: status.containerID ?? '',
    startedAt,
    ...(terminated ? { terminated } : {}),
    ...(runAsUser === undefined ? {} : { runAsUser }),
  };
}

/** What a container that does not run is doing. */
export function stateText({ state }: ContainerStatus): string {
  const { waiting, terminated } = state ?? {};
  if (waiting) return [waiting.reason ?? 'waiting', waiting.message].filter(Boolean).join(': ');
  if (terminated) return `${terminated.reason ?? 'ended'}, exit code ${String(terminated.exitCode ?? '?')}`;
  return 'it has no state yet';
}

/** Throws AttemptFailed where the container is not the one that was pinned: pod-replaced, container-restarted, or as readPod. */
export async function checkSame(
  kubectl: Kubectl,
  task: CollectTask,
  pinned: RunningContainer,
): Promise<void> {
  const pod = await readPod(kubectl, task);
  if (pod.metadata.uid !== pinned.podUid) {
    const message = `the pod was replaced meanwhile: its UID was ${pinned.podUid} and is ${pod.metadata.uid}`;
    throw new AttemptFailed('pod-replaced', message);
  }
  const status = pod.status.containerStatuses?.find(({ name }) => name === pinned.name);
  const { restartCount = 0, containerID = '' } = status ?? {};
  if (restartCount === pinned.restartCount && containerID === pinned.containerId) return;
  const last = status?.lastState?.terminated ?? status?.state?.terminated;
  const how = last ? ` (${last.reason ?? 'ended'}, exit code ${String(last.exitCode ?? '?')})` : '';
  const counts = `restarts: ${String(pinned.restartCount)}, now ${String(restartCount)}`;
  const message = `the container ${pinned.name} was restarted meanwhile${how}; ${counts}`;
  throw new AttemptFailed('container-restarted', message);
}
