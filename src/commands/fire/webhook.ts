import { fingerprintOf } from '../../events/fingerprint.ts';

/** The pod that a drill is about. */
export interface Target {
  kubeContext: string;
  namespace: string;
  pod: string;
}

/** One alert as Alertmanager sends it. */
export interface WebhookAlert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
  fingerprint: string;
}

/** What is sent in one request. `alertmanager` tells one of a pair from the other. */
export interface DrillWebhook {
  alerts: WebhookAlert[];
  alertmanager?: number;
}

/** The two alerts that the built-in policy knows. */
export type Alertname = 'CrateDBCloudNotResponsive' | 'CrateDBContainerRestart';

/** On every alert of a drill, so that nobody takes it for an incident. `.invalid` is no host anywhere (RFC 2606). */
export const drill = 'fired by alert-watcher fire';
const prometheus = 'http://prometheus.drill.invalid:9090';
const notYet = '0001-01-01T00:00:00Z';

/** A firing alert with the labels, in the order, of the captured ones. `startsAt` is RFC 3339. */
export function alertOf(alertname: Alertname, target: Target, startsAt: string): WebhookAlert {
  const { kubeContext, namespace, pod } = target;
  const labels = {
    ...{ alertname, cluster: kubeContext, container: 'crate', kube_context: kubeContext, namespace, pod },
    ...{ severity: 'critical', sts: pod.replace(/-\d+$/, ''), team: 'cloud' },
  };
  const said =
    alertname === 'CrateDBCloudNotResponsive'
      ? [`CrateDB in namespace ${namespace} did not answer for 5 minutes.`, `CrateDB cluster ${namespace} not responsive`]
      : [`Container crate in pod ${pod} restarted 1 times within the last 10 minutes.`, `CrateDB container restarted in ${namespace}`]; // prettier-ignore
  return {
    status: 'firing',
    labels,
    annotations: { description: said[0] ?? '', drill, summary: `DRILL: ${said[1] ?? ''}` },
    startsAt,
    endsAt: notYet,
    generatorURL: `${prometheus}/graph?g0.expr=vector%281%29&g0.tab=1`,
    fingerprint: fingerprintOf(labels),
  };
}

export function resolved(alert: WebhookAlert, endsAt: string): WebhookAlert {
  return { ...alert, status: 'resolved', endsAt };
}

/** The body of a webhook for one group, version 4. */
export function bodyOf({ alerts, alertmanager = 0 }: DrillWebhook): string {
  const alertname = alerts[0]?.labels['alertname'] ?? '';
  const isFiring = alerts.some(({ status }) => status === 'firing');
  const body = {
    receiver: 'alert-watcher',
    status: isFiring ? 'firing' : 'resolved',
    alerts,
    notification_reason: isFiring ? 'first notification' : 'all alerts resolved',
    groupLabels: { alertname },
    commonLabels: commonOf(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
    externalURL: `http://alertmanager-${String(alertmanager)}.drill.invalid:9093`,
    version: '4',
    groupKey: `{}:{alertname=${JSON.stringify(alertname)}}`,
    truncatedAlerts: 0,
  };
  return `${JSON.stringify(body)}\n`;
}

function commonOf(records: readonly Record<string, string>[]): Record<string, string> {
  const [first = {}, ...others] = records;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((each) => each[name] === value)),
  );
}
