import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { lacksOf } from '../collection/able/lacks.ts';
import { createPolicy } from '../collection/intake/policy.ts';
import { argvOfCollector } from '../collection/collectors/rows.ts';
import { commandLine, podName } from '../collection/explain/words.ts';
import { labelsFor, recordable } from '../collection/intake/labels.ts';
import { readConfigFile } from '../config/config.ts';
import type { Rules } from '../config/file.ts';
import { ConfigError } from '../config/fault.ts';
import { printable } from '../telemetry/printable.ts';
import { timeOf } from '../events/instant.ts';
import type { AlertReceivedData } from '../events/data/alert.ts';
import type { Plan } from '../events/data/plan.ts';
import type { Pod, StatefulSet } from '../events/subjects.ts';
import type { SourceConfig } from '../http/guard/options.ts';
import { formatOf } from '../ingest/formats/formats.ts';
import type { ParsedAlert } from '../ingest/formats/parsed.ts';
import type { AlertSource } from '../ingest/receive.ts';
import { differencesOf } from '../ingest/redact/differences.ts';
import { createRedaction } from '../ingest/redact/redaction.ts';
import { sift } from '../ingest/sift.ts';
import { count } from '../kernel/explain/words.ts';
import { asFinding } from './terminal/exit-codes.ts';
import { matchesAll, parseMatcher } from '../kernel/matchers.ts';

export const checkCommand = new Command('check')
  .description('check a configuration file, and say which alert of a payload would lead to what')
  .argument('<config>', 'the configuration file (YAML)')
  .option('--alert <file>', 'the body of a webhook, as a source sends it')
  .option('--source <name>', 'that source; default: the first one')
  .action(async (configFile: string, options: { alert?: string; source?: string }) => {
    const rules = asFinding(() => readConfigFile(configFile));
    const { collections, collectors, destination } = rules;
    const counts = `${count(collections.length, 'row')}, collectors ${Object.keys(collectors).join(', ')}`;
    process.stdout.write(
      `${printable(`${configFile} is valid: ${counts}, destination ${destination.type}`)}\n`,
    );
    for (const { sentence, action } of await lacksOf(rules))
      process.stdout.write(`${printable(`note: from here, ${sentence}. What to do: ${action}`)}\n`);
    if (options.alert === undefined) return;
    const source = sourceOf(rules, options.source);
    const reception = { source: source.name, receivedAt: timeOf(Date.now()) };
    const format = formatOf(source);
    const parsed = format.parse(await readJson(options.alert), reception);
    if ('fault' in parsed) {
      const { path, message } = parsed.fault;
      const isNot = `is no body that source ${source.name} (format ${source.format}) sends`;
      throw new ConfigError(`${options.alert} ${isNot}: ${path}: ${message}`);
    }
    const matchers = (source.match ?? []).map(parseMatcher);
    const policy = createPolicy(collections);
    const redaction = createRedaction(rules.redact);
    const isWanted: AlertSource['isWanted'] = (labels) => matchesAll(matchers, labels);
    for (const sent of parsed.alerts) {
      const alert = sift(sent, { name: source.name, format, isWanted }, redaction);
      // One by one: a name may hold a line break.
      for (const line of consequence(alert, policy, rules)) process.stdout.write(`${printable(line)}\n`);
      const differences = 'alert' in sent && 'alert' in alert ? differencesOf(sent.alert, alert.alert) : [];
      for (const each of differences) process.stdout.write(`  redact: ${printable(each)}\n`);
    }
  });

function sourceOf({ sources }: Rules, name: string | undefined): SourceConfig {
  const source = name === undefined ? sources[0] : sources.find((each) => each.name === name);
  if (source) return source;
  throw new ConfigError(
    `there is no source ${name ?? ''}; there is ${sources.map((each) => each.name).join(', ')}`,
  );
}

function consequence(parsed: ParsedAlert, policy: ReturnType<typeof createPolicy>, rules: Rules): string[] {
  if (!('alert' in parsed)) {
    const { alertname, fingerprint, result, reason } = parsed;
    if (result === 'filtered')
      return [`${alertname ?? '(no alertname)'} ${fingerprint ?? ''}: not stored, ${reason}`];
    return [`${alertname ?? '(no name)'}: rejected: ${reason}`];
  }
  const { labels, status, fingerprint } = parsed.alert;
  const name = `${labels['alertname'] ?? '(no alertname)'} ${fingerprint} ${status}`;
  if (status === 'resolved') return [`${name}: stored, starts nothing`];
  const plan = policy.planFor(labels);
  if (!plan) return [`${name}: stored, no row matches`];
  const found = recordable(labels, plan);
  if ('reason' in found) return [`${name}: declined (${found.reason}): ${found.message}`];
  const limits = `${String(plan.durationSeconds)} s, up to ${String(plan.maxAttempts)} attempts`;
  const unless = `unless it is older than ${String(rules.maxAlertAgeSeconds)} s or the pod is in its cooldown`;
  const what = 'pod' in found ? podName(found.pod) : podsOf(found.statefulSet, plan);
  const records = `row ${plan.rule}: ${plan.collector} records ${what} (${limits}), ${unless}`;
  // Of a pod that is still to be found, the name stays a placeholder.
  const pod = 'pod' in found ? found.pod : { ...found.statefulSet, pod: '{pod}' };
  return [`${name}: ${records}`, ...programOf(plan, labels, pod, rules)];
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
