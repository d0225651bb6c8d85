import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { placeholderNames, unknownPlaceholders } from '../collection/collectors/command.ts';
import type { PolicyRow } from '../collection/intake/policy.ts';
import {
  type CollectionRow,
  type CollectorConfig,
  collectorSchemas,
  ConfigError,
  ConfigFile,
} from './schema.ts';
import { guardFaults, matcherFaults, sourcesOf } from './guard.ts';
import { printable } from '../commands/terminal/printable.ts';
import type { Destination } from '../events/data/plan.ts';
import type { AccessConfig, SourceConfig, TlsConfig } from '../http/guard/options.ts';

/** What the configuration file says, defaults filled in. */
export interface Rules {
  collections: PolicyRow[];
  maxAlertAgeSeconds: number;
  collectors: Record<string, CollectorConfig>;
  destination: Destination;
  /** Who may send alerts, and where. */
  sources: SourceConfig[];
  /** Who may use the API. */
  access: AccessConfig;
  tls: TlsConfig | undefined;
  /** The names, besides those of loopback, that are answered where no credential is asked for. */
  allowedHosts: string[];
  /** Networks of the proxies whose X-Forwarded-For is believed. */
  trustedProxies: string[];
}

const hemako: CollectorConfig = {
  command: [
    ...['hemako', 'jfr', 'collect', '--kube-context', '{kubeContext}', '--namespace', '{namespace}'],
    ...['--pod', '{pod}', '--duration', '{durationSeconds}s', '--approve'],
  ],
};

const defaultRow: CollectionRow = {
  name: 'cratedb',
  match: ['alertname=~"CrateDBCloudNotResponsive|CrateDBContainerRestart"'],
};

const defaultBackoff = { initialSeconds: 2, factor: 2, maxSeconds: 60 };
const defaults = {
  collector: 'hemako',
  durationSeconds: 30,
  maxAttempts: 5,
  cooldownSeconds: 600,
  retryOnRepeat: 1,
  uploadDeadlineSeconds: 604_800,
};
/** A recording of d seconds gets d + 90 s by default: 120 s for the usual 30 s. */
const timeoutMarginSeconds = 90;

/**
 * Reads the YAML of a configuration file; an empty one gives the built-in default. Throws ConfigError with every fault,
 * each with its line.
 */
export function parseConfig(text: string, path: string): Rules {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const fault = (keys: readonly string[], message: string) => {
    const line = lineOf(document, lineCounter, keys);
    const where = `${keys.join('.') || 'the file'}${line === undefined ? '' : ` (line ${String(line)})`}`;
    // A key may have line breaks in it, and be taken for faults of others.
    return `  ${printable(`${where}: ${message}`)}`;
  };
  const faults = document.errors.map(({ message }) => `  ${message}`);
  if (faults.length > 0) throw refuse(path, faults);
  const file = valueOf(document, path);
  faults.push(...errorsOf(ConfigFile, file).map(([keys, message]) => fault(keys, message)));
  if (!Value.Check(ConfigFile, file)) throw refuse(path, faults);

  const collectors = { hemako, ...(file.collectors as Record<string, CollectorConfig> | undefined) };
  for (const [name, collector] of Object.entries(collectors)) {
    faults.push(
      ...collectorFaults(collector).map(([keys, message]) => fault(['collectors', name, ...keys], message)),
    );
  }
  const rows = file.collections ?? [defaultRow];
  rows.forEach((row, index) => {
    const faultsOfRow = rowFaults(row, Object.keys(collectors));
    faults.push(
      ...faultsOfRow.map(([keys, message]) => fault(['collections', String(index), ...keys], message)),
    );
  });
  faults.push(...guardFaults(file).map(([keys, message]) => fault(keys, message)));
  if (faults.length > 0) throw refuse(path, faults);
  const destination: Destination = file.destination ?? { type: 'object-store' };
  return {
    collections: rows.map((row, index) => policyRow(row, index, destination)),
    maxAlertAgeSeconds: file.maxAlertAgeSeconds ?? 900,
    collectors,
    destination,
    sources: sourcesOf(file),
    access: file.access ?? {},
    tls: file.tls,
    allowedHosts: file.allowedHosts ?? [],
    trustedProxies: file.trustedProxies ?? [],
  };
}

/** Aliases may make a short text a value that fits in no memory: the parser gives up, and says so. */
function valueOf(document: Document, path: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw refuse(path, [`  ${error instanceof Error ? error.message : String(error)}`]);
  }
}

type Fault = [keys: string[], message: string];

function policyRow(row: CollectionRow, index: number, destination: Destination): PolicyRow {
  const { name = `collections[${String(index)}]`, match, backoff, timeoutSeconds, ...rest } = row;
  const plan = { ...defaults, ...rest, destination };
  return {
    name,
    match,
    plan: {
      ...plan,
      timeoutSeconds: timeoutSeconds ?? plan.durationSeconds + timeoutMarginSeconds,
      backoff: { ...defaultBackoff, ...backoff },
    },
  };
}

function rowFaults(row: CollectionRow, collectors: string[]): Fault[] {
  const faults: Fault[] = matcherFaults(row.match, ['match']);
  const { collector = defaults.collector, durationSeconds = defaults.durationSeconds, timeoutSeconds } = row;
  if (!collectors.includes(collector)) {
    faults.push([['collector'], `there is no collector ${collector}; there is ${collectors.join(', ')}`]);
  }
  if (timeoutSeconds !== undefined && timeoutSeconds <= durationSeconds) {
    const message = `an attempt of ${String(durationSeconds)} s never ends within ${String(timeoutSeconds)} s`;
    faults.push([['timeoutSeconds'], message]);
  }
  return faults;
}

function collectorFaults(collector: unknown): Fault[] {
  if (typeof collector !== 'object' || collector === null) return [[[], 'must have command or driver']];
  const driver: unknown =
    'command' in collector ? 'command' : 'driver' in collector ? collector.driver : undefined;
  const drivers = Object.keys(collectorSchemas).filter((name) => name !== 'command');
  if (typeof driver !== 'string' || !Object.hasOwn(collectorSchemas, driver)) {
    return [[[], `must have command, or driver: ${drivers.join(' or ')}`]];
  }
  const schema = collectorSchemas[driver as keyof typeof collectorSchemas];
  const faults = errorsOf(schema, collector);
  if (faults.length > 0) return faults;
  if (Value.Check(collectorSchemas.command, collector)) {
    const allowed = `there is ${placeholderNames.map((name) => `{${name}}`).join(' ')}`;
    return unknownPlaceholders(collector.command).map((name) => [
      ['command'],
      `no {${name}} is known; ${allowed}`,
    ]);
  }
  if (
    Value.Check(collectorSchemas.jcmd, collector) &&
    (collector.pid === undefined) === (collector.mainClass === undefined)
  ) {
    return [[[], 'must have mainClass or pid, and not both']];
  }
  if (
    Value.Check(collectorSchemas.kubectl, collector) &&
    collector.pid !== undefined &&
    collector.mainClass
  ) {
    return [[[], 'must not have both mainClass and pid']];
  }
  return [];
}

function errorsOf(schema: TSchema, value: unknown): Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const { path, message } of Value.Errors(schema, value)) {
    // The first message about a place says most.
    if (seen.has(path)) continue;
    seen.add(path);
    faults.push([path.split('/').slice(1).map(unescapePointer), message]);
  }
  return faults;
}

function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function lineOf(document: Document, lines: LineCounter, keys: readonly string[]): number | undefined {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const path = keys.slice(0, depth).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const node: unknown = document.getIn(path, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** So many are told: what is nested without end has one at each bracket. */
const maxFaults = 20;

function refuse(path: string, all: string[]): ConfigError {
  const more = all.length > maxFaults ? [`  and ${String(all.length - maxFaults)} more`] : [];
  const faults = [...all.slice(0, maxFaults), ...more];
  return new ConfigError(`${path} is not a valid configuration:\n${faults.join('\n')}`);
}
