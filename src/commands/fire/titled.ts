import { drill, type DrillWebhook, type WebhookAlert } from './webhook.ts';

/** Of these the service makes the two names that the built-in policy knows. */
const titles: Record<string, string> = {
  CrateDBCloudNotResponsive: 'CrateDB Cloud not responsive',
  CrateDBContainerRestart: 'CrateDB container restart',
};

/** The same alerts as the body of a source with `format: alerts`: what they are about in `context`, what was seen in `data`. */
export function titledBodyOf({ alerts }: DrillWebhook): string {
  return `${JSON.stringify({ alerts: alerts.map(titledOf), metadata: { drill } })}\n`;
}

function titledOf({ status, labels, annotations, startsAt, endsAt }: WebhookAlert) {
  const { alertname = '', severity, kube_context, namespace, pod, sts, container, cluster, team } = labels;
  return {
    title: titles[alertname] ?? alertname,
    description: `${annotations['summary'] ?? ''}: ${annotations['description'] ?? ''}`,
    severity,
    source: { name: drill },
    context: { kube_context, namespace, cluster, team },
    data: { pod, sts, container },
    ...{ status, startsAt },
    ...(status === 'resolved' ? { endsAt } : {}),
  };
}
