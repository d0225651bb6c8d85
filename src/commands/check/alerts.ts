import { readFile } from 'node:fs/promises';
import { argvOfCollector } from '../../collection/collectors/rows.ts';
import { type Consequence, createConsequences, declinedText } from '../../collection/explain/consequence.ts';
import { commandLine, podName } from '../../collection/explain/words.ts';
import { labelsFor } from '../../collection/intake/labels.ts';
import { ConfigError } from '../../config/fault.ts';
import type { Rules } from '../../config/file.ts';
import type { AlertReceivedData } from '../../events/data/alert.ts';
import type { Plan } from '../../events/data/plan.ts';
import { timeOf } from '../../events/instant.ts';
import type { Pod, StatefulSet } from '../../events/subjects.ts';
import type { SourceConfig } from '../../http/guard/options.ts';
import { formatOf } from '../../ingest/formats/formats.ts';
import type { ParsedAlert } from '../../ingest/formats/parsed.ts';
import type { AlertSource } from '../../ingest/receive.ts';
import { differencesOf } from '../../ingest/redact/differences.ts';
import { createRedaction } from '../../ingest/redact/redaction.ts';
import { sift } from '../../ingest/sift.ts';
import { matchesAll, parseMatcher } from '../../kernel/matchers.ts';

/** One alert of a payload, and what it leads to. */
export interface ToldAlert {
  /** May hold whatever a label can hold. */
  lines: string[];
  /** Absent where it starts nothing whatever the rows say. */
  consequence?: Consequence;
}

/** What each alert of a webhook's body leads to. Throws ConfigError where a source does not send such a body. */
export async function tellAlerts(
  rules: Rules,
  file: string,
  sourceName: string | undefined,
): Promise<ToldAlert[]> {
  const source = sourceOf(rules, sourceName);
  const reception = { source: source.name, receivedAt: timeOf(Date.now()) };
  const format = formatOf(source);
  const parsed = format.parse(await readJson(file), reception);
  if ('fault' in parsed) {
    const { path, message } = parsed.fault;
    const isNot = `is no body that source ${source.name} (format ${source.format}) sends`;
    throw new ConfigError(`${file} ${isNot}: ${path}: ${message}`);
  }
  const matchers = (source.match ?? []).map(parseMatcher);
  const consequenceOf = createConsequences(rules.collections);
  const redaction = createRedaction(rules.redact);
  const isWanted: AlertSource['isWanted'] = (labels) => matchesAll(matchers, labels);
  return parsed.alerts.map((sent) => {
    const alert = sift(sent, { name: source.name, format, isWanted }, redaction);
    const differences = 'alert' in sent && 'alert' in alert ? differencesOf(sent.alert, alert.alert) : [];
    const { lines, consequence } = tell(alert, consequenceOf, rules);
    const redacted = differences.map((each) => `  redact: ${each}`);
    return { lines: [...lines, ...redacted], ...(consequence ? { consequence } : {}) };
  });
}

function sourceOf({ sources }: Rules, name: string | undefined): SourceConfig {
  const source = name === undefined ? sources[0] : sources.find((each) => each.name === name);
  if (source) return source;
  throw new ConfigError(
    `there is no source ${name ?? ''}; there is ${sources.map((each) => each.name).join(', ')}`,
  );
}

function tell(
  parsed: ParsedAlert,
  consequenceOf: ReturnType<typeof createConsequences>,
  rules: Rules,
): ToldAlert {
  if (!('alert' in parsed)) {
    const { alertname, fingerprint, result, reason } = parsed;
    if (result === 'filtered')
      return { lines: [`${alertname ?? '(no alertname)'} ${fingerprint ?? ''}: not stored, ${reason}`] };
    return { lines: [`${alertname ?? '(no name)'}: rejected: ${reason}`] };
  }
  const { labels, status, fingerprint } = parsed.alert;
  const name = `${labels['alertname'] ?? '(no alertname)'} ${fingerprint} ${status}`;
  if (status === 'resolved') return { lines: [`${name}: stored, starts nothing`] };
  const consequence = consequenceOf(labels);
  const { plan, declined, pod, targets } = consequence;
  if (!plan) return { lines: [`${name}: stored, no row matches`], consequence };
  if (declined)
    return { lines: [`${name}: declined (${declined.reason}): ${declinedText(declined)}`], consequence };
  const limits = `${String(plan.durationSeconds)} s, up to ${String(plan.maxAttempts)} attempts`;
  const unless = `unless it is older than ${String(rules.maxAlertAgeSeconds)} s or the pod is in its cooldown`;
  const what = pod ? podName(pod) : targets ? podsOf(targets, plan) : '';
  const records = `row ${plan.rule}: ${plan.collector} records ${what} (${limits}), ${unless}`;
  // Of a pod that is still to be found, the name stays a placeholder.
  const filled = pod ?? (targets && { ...targets, pod: '{pod}' });
  const runs = filled ? programOf(plan, labels, filled, rules) : [];
  return { lines: [`${name}: ${records}`, ...runs], consequence };
}

function podsOf({ kubeContext, namespace, sts }: StatefulSet, { targets, collector }: Plan): string {
  const { statefulSet = 'all', max = 0, replicas } = targets ?? {};
  const which = statefulSet === 'one' ? 'one pod' : `each pod, up to ${String(max)},`;
  const how = replicas === undefined ? `found by ${collector}` : `${sts}-0 to ${sts}-${String(replicas - 1)}`;
  return `${which} of the StatefulSet ${kubeContext}/${namespace}/${sts} (${how})`;
}

/** What would run, as events show it; a placeholder that is not known yet stays as it is. */
function programOf(
  plan: Plan,
  labels: AlertReceivedData['labels'],
  pod: Pod & { sts?: string },
  { collectors }: Rules,
): string[] {
  const config = collectors[plan.collector];
  const { labels: given = {} } = labelsFor(plan, labels);
  const { durationSeconds } = plan;
  const argv = config && argvOfCollector(config, { ...pod, durationSeconds, attempt: 1, labels: given });
  if (!argv) return [];
  const variables = Object.entries(given).map(([name, value]) => `ALERT_LABEL_${name}=${value}`);
  return [`  runs ${commandLine(argv)}`, ...(variables.length > 0 ? [`  with ${variables.join(' ')}`] : [])];
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
