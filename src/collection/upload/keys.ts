import { percentEncoder } from '../../events/subjects.ts';
import type { Artefact } from '../../events/data/circumstances.ts';
import type { Uploading } from '../pod/context.ts';
import type { Run } from '../run-events.ts';

const encodeName = percentEncoder(/[-._A-Za-z0-9]/);

/**
 * Where a recording belongs: `<kube_context>/<namespace>/<sts or "-">/<pod>/<yyyy>/<mm>/<dd>/<collection id>.jfr`, the day
 * (UTC) being that of the request. A redriven run has its number in the name: nothing is overwritten.
 */
export function keyOf(work: Run, requestedAt: string): string {
  return `${stemOf(work, requestedAt)}.jfr`;
}

/**
 * Where a file beside the recording belongs: `<collection id>.artefact-<number>.<its name>` in the same folder. Its name comes
 * from the pod: of foreign characters nothing is left, nor of what is beyond its last 80.
 */
export function artefactKeyOf(work: Run, requestedAt: string, { name }: Artefact, number: number): string {
  const safe = name
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(-80)
    .replace(/^[.-]+/, '');
  return `${stemOf(work, requestedAt)}.artefact-${String(number)}.${safe || 'file'}`;
}

function stemOf({ pod: { kubeContext, namespace, pod, sts }, collectionId, run }: Run, requestedAt: string) {
  const day = requestedAt.slice(0, 10).split('-');
  const folders = [kubeContext, namespace, sts ?? '-', pod].map(encodeName);
  const suffix = run === 1 ? '' : `.run${String(run)}`;
  return `${[...folders, ...day].join('/')}/${collectionId}${suffix}`;
}

/** What is kept beside the recording, so that it can be told without the stream. */
export function metadataOf(
  { pod, collectionId, traceparent }: Run,
  upload: Uploading,
): Record<string, string> {
  const { trigger, recording, jvm, requestedAt } = upload;
  const metadata: Record<string, string | undefined> = {
    alertname: trigger.alertname,
    fingerprint: trigger.fingerprint,
    'alert-starts-at': trigger.startsAt,
    'kube-context': pod.kubeContext,
    namespace: pod.namespace,
    sts: pod.sts,
    pod: pod.pod,
    'collection-id': collectionId,
    'requested-at': requestedAt,
    'recorded-at': recording.startedAt,
    'pod-uid': jvm?.podUid,
    'restart-count': jvm && String(jvm.restartCount),
    'after-restart': jvm?.afterRestart ? 'true' : undefined,
    sha256: recording.sha256,
    simulated: recording.simulated ? 'true' : undefined,
    traceparent,
  };
  const present = Object.entries(metadata).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  // S3 takes 2 KB of metadata in all; only an alert's own words can be long.
  return Object.fromEntries(present.map(([name, value]) => [name, value.slice(0, 256)]));
}
