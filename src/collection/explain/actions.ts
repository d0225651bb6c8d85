/** What to do about a failure, by its code, for whoever is called at night; undefined where nobody can tell. */
export function actionOf(code: string): string | undefined {
  return Object.hasOwn(actions, code) ? actions[code] : undefined;
}

const installIt =
  'Install the program of the collector for the workers, or set another `collector` for the row.';
const lookAtPod =
  'Look at the pod: it was gone or replaced while it was recorded. Record it again if it is in trouble still.';
const inThePod =
  'Use an image of the pod that has what the message names, or the ephemeral container (docs/kubectl-collector.md).';
const cluster = 'Check from a worker that `kubectl --context CONTEXT get pods` answers.';
const rights =
  'Give the workers the credentials and rights that the message names (docs/kubectl-collector.md).';
const brokenFile =
  'The collector did not hand over a whole recording: run its command by hand and look at the file.';
const retryIt = 'Redrive it.';

/** Codes are explained in docs/configuration.md, "Failure codes". `cancelled` has no row: somebody wanted it. */
const actions: Readonly<Record<string, string>> = {
  'collector-unknown':
    'Give a worker the collector that the plan names, in `collectors` of its configuration.',
  'collector-not-found': installIt,
  'collector-not-executable': installIt,
  'collector-exited': 'Read what the program wrote, and run its command (below) by hand.',
  'collector-timeout':
    'Raise `timeoutSeconds` of the row if the collector is only slow; otherwise run its command by hand.',
  'label-not-requested': 'Let all processes have the same configuration, and record the pod again.',
  'jvm-not-found': 'Check that a JVM runs in the pod, and that the collector looks in the right container.',
  'jvm-refused': 'Check that the collector runs as the user of the JVM, and that the JVM allows attaching.',
  'jvm-ambiguous':
    'Name the JVM in the configuration of the collector: the message lists those that there are.',
  'pod-not-found': lookAtPod,
  'pod-not-running': lookAtPod,
  'pod-replaced': lookAtPod,
  'container-restarted': lookAtPod,
  'container-not-found': 'Name a container that the pod has in the configuration of the collector.',
  'pod-disk-full': 'Make room in the pod, or give the collector a directory that has some.',
  'pod-not-writable': 'Give the collector a directory that the JVM may write to.',
  'jcmd-not-found': inThePod,
  'program-missing': inThePod,
  'debug-container-failed': 'Look at the events of the pod: its ephemeral container did not start.',
  'transfer-truncated': retryIt,
  'context-unknown': 'Add the context to the kubeconfig of the workers.',
  'cluster-unreachable': cluster,
  unauthorized: rights,
  forbidden: rights,
  'targets-not-found': 'Check that the StatefulSet exists and that its pods run.',
  'targets-unreadable': 'Run `targetsCommand` of the collector by hand: it must print names of pods.',
  'recording-missing': 'Run the command of the collector by hand: it must leave one recording.',
  'recording-empty': brokenFile,
  'recording-not-jfr': brokenFile,
  'recording-truncated': brokenFile,
  'recording-unfinished': brokenFile,
  'stale-recording':
    'Compare the clocks of worker and pod; `allowEarlierStart` takes recordings that run all the time.',
  'staging-failed':
    'Look at NATS (its disk, its limits): the recording could not be stored. Then redrive it.',
  'staged-missing': 'The staged file is gone: record the pod again.',
  'staged-corrupt': 'The staged file is damaged: record the pod again.',
  'destination-conflict': 'Look at what lies at the destination under this name; nothing was overwritten.',
  'destination-refused':
    'Check the credentials, rights and name of the bucket, then redrive it: the recording is staged.',
  'destination-unavailable':
    'Check that the destination can be reached, then redrive it: the recording is staged.',
  'deadline-exceeded': 'Mend the destination, then redrive it: the recording is staged.',
  interrupted: retryIt,
  'handed-back': retryIt,
  unexpected: 'Look into the log of the worker.',
};
