import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import {
  collectionFields,
  type CollectionRules,
  collectionRules,
  faultsOfCollections,
} from '../collection/config.ts';
import { faultsOfRedact, Redact, type RedactConfig } from '../ingest/redact/options.ts';
import { printable } from '../telemetry/printable.ts';
import { accessFields, faultsOfAccess, type AccessRules, accessRules } from './access.ts';
import { ConfigError, errorsOf } from './fault.ts';

/** The configuration file, before the defaults are filled in: what each feature brings. */
const ConfigFile = Type.Object(
  { ...collectionFields, ...accessFields, redact: Type.Optional(Redact) },
  { additionalProperties: false },
);

export type ConfigFile = Static<typeof ConfigFile>;

/** What the configuration file says, defaults filled in. */
export interface Rules extends CollectionRules, AccessRules {
  /** What of alerts is not stored. */
  redact: RedactConfig | undefined;
}

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

  for (const faultsOf of [faultsOfCollections, faultsOfAccess, faultsOfRedact])
    faults.push(...faultsOf(file).map(([keys, message]) => fault(keys, message)));
  if (faults.length > 0) throw refuse(path, faults);
  return { ...collectionRules(file), ...accessRules(file), redact: file.redact };
}

/** Aliases may make a short text a value that fits in no memory: the parser gives up, and says so. */
function valueOf(document: Document, path: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw refuse(path, [`  ${error instanceof Error ? error.message : String(error)}`]);
  }
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
