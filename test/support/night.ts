import { alertIdOf, collectionIdOf, receptionIdOf } from '../../src/events/ids.ts';
import { createEvent, type Event } from '../../src/events/envelope.ts';
import { nanosOf, timeOf } from '../../src/events/instant.ts';
import type { Connection } from '../../src/log/connection.ts';
import { append } from '../../src/log/write/append.ts';
import { plan } from './events.ts';
import { alertBody } from './webhook.ts';

/** Why recordings of a bad night failed. */
export const reasons = [
  { code: 'forbidden', message: 'pods "crate-data-hot-0" is forbidden: the service account may not create pods/exec' }, // prettier-ignore
  { code: 'jvm-not-found', message: 'no JVM answers in the container crate' },
  { code: 'recording-not-jfr', message: 'the file is no JDK Flight Recorder file: it begins with 0000' },
];

/**
 * Puts recordings on the stream that failed, each of a pod of its own, for the reasons in turn, and the alerts that they were for: as
 * the service writes them, in the time of a test.
 */
export async function failedNight(connection: Connection, count: number, namespaces = 3): Promise<void> {
  const began = Date.now() - 3_600_000;
  const events = Array.from({ length: count }, (_, index) =>
    failed(index, began + index * 1_000, namespaces),
  );
  // Each pod's in their order, many pods at once.
  await Promise.all(
    events.map(async (ofPod) => {
      for (const event of ofPod) await append(connection, event);
    }),
  );
}

function failed(index: number, began: number, namespaces: number): Event[] {
  const reason = reasons[index % reasons.length] as (typeof reasons)[number];
  const place = { kubeContext: 'aks1-westeurope-prod', namespace: `shop-${String(index % namespaces)}`, pod: `crate-${String(index)}` }; // prettier-ignore
  const alertname = index % 2 === 0 ? 'CrateDBCloudNotResponsive' : 'CrateDBContainerRestart';
  const startsAt = timeOf(began);
  const fingerprint = (index + 1).toString(16).padStart(16, '0');
  const alertId = alertIdOf(fingerprint, nanosOf(startsAt) ?? 0n, 'firing', alertname);
  const causeId = receptionIdOf(alertId, BigInt(began) * 1_000_000n);
  const of = { ...place, collectionId: collectionIdOf(causeId) };
  const meta = (seconds: number) => ({ part: 'test', time: timeOf(began + seconds * 1_000), causeId });
  const labels = { alertname, severity: 'critical', kube_context: place.kubeContext, namespace: place.namespace, pod: place.pod }; // prettier-ignore
  const told = { source: 'alertmanager', receiver: 'watcher', groupKey: '{}', status: 'firing' as const, annotations: {}, generatorURL: '', externalURL: '' }; // prettier-ignore
  const trigger = { alertId, alertname, fingerprint, startsAt };
  return [
    createEvent('AlertReceived', { ...told, labels, startsAt, fingerprint, receivedAt: startsAt }, meta(0)),
    createEvent('CollectionRequested', { ...of, trigger, plan: { ...plan, maxAttempts: 1 } }, meta(0)),
    createEvent(
      'CollectionAttemptStarted',
      { ...of, run: 1, attempt: 1, by: { host: 'h', process: 'p1' } },
      meta(1),
    ),
    createEvent('CollectionAttemptFailed', { ...of, run: 1, attempt: 1, error: reason }, meta(9)),
    createEvent(
      'CollectionFailed',
      { ...of, run: 1, stage: 'collect', attempts: 1, error: reason },
      meta(10),
    ),
  ];
}

/** Alerts of many pods in one webhook, as Alertmanager sends a group. */
export function storm(count: number, alertname = 'CrateDBCloudNotResponsive', first = 0) {
  const one = (index: number) =>
    alertBody(
      {
        alertname,
        kube_context: 'aks1-westeurope-prod',
        namespace: `shop-${String(index % 3)}`,
        pod: `crate-data-hot-${String(index)}`,
        severity: 'critical',
      },
      { startsAt: new Date().toISOString() },
    );
  const bodies = Array.from({ length: count }, (_, index) => one(first + index));
  return { ...one(0), alerts: bodies.flatMap(({ alerts }) => alerts) };
}
