import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { createPolicy, podOf } from '../collection/policy.ts';
import { readConfigFile } from '../config.ts';
import type { Rules } from '../config-file.ts';
import { ConfigError } from '../config-schema.ts';
import { printable } from './printable.ts';
import { timeOf } from '../events/instant.ts';
import { parseAlertmanager, type ParsedAlert } from '../ingest/alertmanager.ts';

export const checkCommand = new Command('check')
  .description('check a configuration file, and say which alert of a payload would lead to what')
  .argument('<config>', 'the configuration file (YAML)')
  .option('--alert <file>', 'the body of an Alertmanager webhook')
  .action(async (configFile: string, options: { alert?: string }) => {
    const rules = readConfigFile(configFile);
    const { collections, collectors, destination } = rules;
    const counts = `${String(collections.length)} rows, collectors ${Object.keys(collectors).join(', ')}`;
    process.stdout.write(`${configFile} is valid: ${counts}, destination ${destination.type}\n`);
    if (options.alert === undefined) return;
    const parsed = parseAlertmanager(await readJson(options.alert), timeOf(Date.now()));
    if ('fault' in parsed) {
      throw new ConfigError(
        `${options.alert} is no Alertmanager webhook: ${parsed.fault.path}: ${parsed.fault.message}`,
      );
    }
    const policy = createPolicy(collections);
    for (const alert of parsed.alerts)
      process.stdout.write(`${printable(consequence(alert, policy, rules))}\n`);
  });

function consequence(parsed: ParsedAlert, policy: ReturnType<typeof createPolicy>, rules: Rules): string {
  if (!('alert' in parsed)) return `${parsed.alertname ?? '(no name)'}: rejected: ${parsed.reason}`;
  const { labels, status, fingerprint } = parsed.alert;
  const name = `${labels['alertname'] ?? '(no alertname)'} ${fingerprint} ${status}`;
  if (status === 'resolved') return `${name}: stored, starts nothing`;
  const plan = policy.planFor(labels);
  if (!plan) return `${name}: stored, no row matches`;
  const found = podOf(labels);
  if (!('pod' in found)) return `${name}: declined (${found.reason}): ${found.message}`;
  const { kubeContext, namespace, pod } = found.pod;
  const limits = `${String(plan.durationSeconds)} s, up to ${String(plan.maxAttempts)} attempts`;
  const unless = `unless it is older than ${String(rules.maxAlertAgeSeconds)} s or the pod is in its cooldown`;
  return `${name}: row ${plan.rule}: ${plan.collector} records ${kubeContext}/${namespace}/${pod} (${limits}), ${unless}`;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
