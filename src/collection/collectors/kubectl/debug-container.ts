import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { CollectTask } from '../collector.ts';
import { abortFailure } from '../../../programs/run-program.ts';
import type { Kubectl } from './kubectl.ts';
import type { KubectlOptions } from './options.ts';
import { readPod, type RunningContainer, stateText } from './pod.ts';

/** For the search before the recording and the transfer after it. The container cannot be removed: it ends by itself. */
const beyondRecordingSeconds = 240;
const startTimeoutMs = 60_000;
const pollMs = 1_000;

/** What a container that will not start by itself any more waits for. */
const hopeless = /ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer\w*Error|RunContainerError/;

/**
 * Adds an ephemeral container that shares the processes of the target and has a JDK; resolves to its name once it runs. It
 * runs as the user that the pod's author gave the target, or as debugUser: only the same user, or root with SYS_PTRACE, may
 * attach. Throws AttemptFailed: debug-container-failed, forbidden, or what else kubectl says.
 */
export async function startDebugContainer(
  kubectl: Kubectl,
  task: CollectTask,
  { debugProfile, debugUser }: KubectlOptions,
  image: string,
  target: RunningContainer,
): Promise<string> {
  // Never the name of one before: it cannot be removed, and not be taken again, because its end is near.
  const name = `alert-watcher-${task.collectionId.slice(0, 16)}-${Date.now().toString(36)}`;
  const seconds = Math.ceil(task.durationSeconds) + beyondRecordingSeconds;
  const user = debugUser ?? target.runAsUser;
  await kubectl.run(
    ['debug'],
    [
      ...[`--image=${image}`, `--target=${target.name}`, `--container=${name}`, `--profile=${debugProfile}`],
      ...(user === undefined ? [] : [`--custom=${await customSpec(task, user)}`]),
      ...['--quiet', '--', 'sleep', String(seconds)],
    ],
  );
  await untilRunning(kubectl, task, name);
  return name;
}

async function customSpec({ directory }: CollectTask, runAsUser: number): Promise<string> {
  const file = join(directory, 'debug-container.json');
  await writeFile(file, JSON.stringify({ securityContext: { runAsUser } }));
  return file;
}

async function untilRunning(kubectl: Kubectl, task: CollectTask, name: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    const { status } = await readPod(kubectl, task);
    const debug = status.ephemeralContainerStatuses?.find((each) => each.name === name);
    if (debug?.state?.running) return;
    const state = debug ? stateText(debug) : 'it has no state yet';
    if (debug?.state?.terminated || hopeless.test(state)) throw failed(name, state);
    if (performance.now() > deadline)
      throw failed(name, `not within ${String(startTimeoutMs / 1_000)} s; ${state}`);
    await delay(pollMs, undefined, { signal: task.signal }).catch(() => {
      throw abortFailure(task.signal);
    });
  }
}

function failed(name: string, why: string): AttemptFailed {
  return new AttemptFailed('debug-container-failed', `the ephemeral container ${name} does not run: ${why}`);
}
