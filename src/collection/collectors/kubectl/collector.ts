import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Jvm } from '../../../events/data/circumstances.ts';
import { millisOf } from '../../../events/instant.ts';
import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { Collector, CollectTask } from '../collector.ts';
import { abortFailure } from '../../../programs/run-program.ts';
import type { Spawner } from '../../../programs/spawner.ts';
import { takeLeft } from './crash.ts';
import {
  type Cockpit,
  type Flight,
  flightName,
  jcmd,
  startFlight,
  stopEarlier,
  stopFlight,
  uptimeMs,
} from './flight.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { defaultOptions, type KubectlOptions } from './options.ts';
import { findPlace } from './place.ts';
import { checkSame, readPod, type RunningContainer } from './pod.ts';
import { bringFile } from './transfer.ts';

/** What is left in the pod is removed in this time, whatever became of the attempt. */
const cleanUpMs = 10_000;
/** A restart so shortly before the alert is what the alert is about. */
const recentRestartMs = 3_600_000;

/**
 * Records the JVM of a pod by kubectl: jcmd in its container (or in a debug container) makes the recording, cat brings it
 * here. Tied to one life of one container: where that ends meanwhile, the attempt fails with a code that says so.
 */
export function kubectlCollector(given: Partial<KubectlOptions>, spawner: Spawner): Collector {
  const options = { ...defaultOptions, ...given };
  return async (task) => {
    const kubectl = createKubectl(spawner, options, task);
    const pod = await readPod(kubectl, task);
    const { container, place } = await findPlace({ kubectl, task, options, pod });
    const cockpit = { kubectl, task, options, place };
    const file = join(task.directory, 'recording.jfr');
    let isOver = false;
    try {
      const isAfter = isAfterRestart(container, millisOf(task.alert?.startsAt ?? ''));
      const left = isAfter ? await takeLeft(cockpit, container) : undefined;
      await stopEarlier(cockpit);
      const flight = await startFlight(cockpit);
      const [jvm] = await Promise.all([describeJvm(cockpit, container, isAfter), waitFor(task)]);
      await stopFlight(cockpit, flight);
      isOver = true;
      await bringFile(kubectl, place.container, `${place.root}${flight.file}`, file);
      await checkSame(kubectl, task, container);
      return { file, argv: flight.argv, jvm, ...left };
    } catch (error) {
      throw await reasonOf(error, kubectl, task, container);
    } finally {
      await cleanUp(cockpit, isOver);
    }
  };
}

async function describeJvm(cockpit: Cockpit, container: RunningContainer, isAfter: boolean): Promise<Jvm> {
  const upMs = await uptimeMs(cockpit).catch(() => Number.NaN);
  const startedAt = Number.isNaN(upMs) ? millisOf(container.startedAt) : Date.now() - upMs;
  const { podUid, name, restartCount } = container;
  return {
    podUid,
    container: name,
    restartCount,
    jvmStartedAt: new Date(startedAt).toISOString(),
    ...(isAfter ? { afterRestart: true } : {}),
  };
}

/** True: this container is not the one that was in trouble when the alert began, or it is the news of the alert. */
export function isAfterRestart(container: RunningContainer, alertStartedMs: number): boolean {
  const startedMs = millisOf(container.startedAt);
  if (startedMs > alertStartedMs) return true;
  const hasEnded = container.restartCount > 0 && container.terminated !== undefined;
  return hasEnded && startedMs > alertStartedMs - recentRestartMs;
}

async function waitFor({ durationSeconds, signal }: CollectTask): Promise<void> {
  await delay(durationSeconds * 1_000, undefined, { signal }).catch(() => {
    throw abortFailure(signal);
  });
}

/** Where the pod or the container is another one now, that is why. */
async function reasonOf(error: unknown, kubectl: Kubectl, task: CollectTask, container: RunningContainer) {
  if (task.signal.aborted || !(error instanceof AttemptFailed)) return error;
  return checkSame(kubectl, task, container).then(
    () => error,
    (reason: unknown) => {
      const isReason = reason instanceof AttemptFailed && gone.has(reason.code);
      return isReason ? new AttemptFailed(reason.code, reason.message, error.details) : error;
    },
  );
}

const gone: ReadonlySet<string> = new Set(['pod-not-found', 'pod-replaced', 'container-restarted']);

/** Also after an abort: the JVM must not record on, and its disk must not fill up. What fails here changes nothing. */
async function cleanUp({ kubectl, task, options, place }: Cockpit, isOver: boolean): Promise<void> {
  const cockpit = { kubectl: kubectl.within(AbortSignal.timeout(cleanUpMs)), task, options, place };
  if (!isOver) await jcmd(cockpit, ['JFR.stop', `name=${flightName(task)}`]).catch(() => undefined);
  const files = options.directories.flatMap((directory) => filesOf(task, directory));
  const paths = files.map((file) => `${place.root}${file}`);
  await cockpit.kubectl.exec(place.container, ['rm', '-f', ...paths]).catch(() => undefined);
}

/** Of this attempt and of those before it, whose process may have been killed. */
function filesOf(task: CollectTask, directory: string): Flight['file'][] {
  const attempts = Array.from({ length: task.attempt }, (_, index) => index + 1);
  return attempts.map((attempt) => `${directory.replace(/\/$/, '')}/${flightName({ ...task, attempt })}.jfr`);
}
