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
import { ConfigError, errorsOf, type Fault, type PlacedFault } from './fault.ts';
import { type Warning, warningsOf } from './warnings/warnings.ts';

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
  return readFile(text, path).rules;
}

/** The same, and what is most likely a mistake although the file is valid. Throws ConfigError. */
export function checkConfig(text: string, path: string): { rules: Rules; warnings: PlacedWarning[] } {
  const { rules, isEmpty, placeOf } = readFile(text, path);
  const warnings = warningsOf(rules, isEmpty).map(({ keys, ...warning }) => ({
    ...warning,
    ...placeOf(keys),
  }));
  return { rules, warnings };
}

/** A warning, and where it is in the file. */
export type PlacedWarning = Omit<Warning, 'keys'> & Omit<PlacedFault, 'message'>;

function readFile(text: string, path: string) {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const placeOf = (keys: readonly string[]) => {
    const line = lineOf(document, lineCounter, keys);
    return { where: keys.join('.') || 'the file', ...(line === undefined ? {} : { line }) };
  };
  const placed = ([keys, message]: Fault): PlacedFault => ({ ...placeOf(keys), message });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ message, linePos }) => {
      return { where: 'the file', ...(linePos ? { line: linePos[0].line } : {}), message };
    });
    throw refuse(path, faults, document.errors.map(({ message }) => message)); // prettier-ignore
  }
  const file = valueOf(document, path);
  const faults = errorsOf(ConfigFile, file).map(placed);
  if (!Value.Check(ConfigFile, file)) throw refuse(path, faults);

  for (const faultsOf of [faultsOfCollections, faultsOfAccess, faultsOfRedact])
    faults.push(...faultsOf(file).map(placed));
  if (faults.length > 0) throw refuse(path, faults);
  const rules = { ...collectionRules(file), ...accessRules(file), redact: file.redact };
  return { rules, isEmpty: Object.keys(file).length === 0, placeOf };
}

/** Aliases may make a short text a value that fits in no memory: the parser gives up, and says so. */
function valueOf(document: Document, path: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw refuse(path, [{ where: 'the file', message }], [message]);
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

/** `lines` is what is told of them, if it is not where and what. */
function refuse(path: string, faults: PlacedFault[], lines = faults.map(textOf)): ConfigError {
  const more = lines.length > maxFaults ? [`and ${String(lines.length - maxFaults)} more`] : [];
  const told = [...lines.slice(0, maxFaults), ...more].map((line) => `  ${line}`);
  return new ConfigError(`${path} is not a valid configuration:\n${told.join('\n')}`, { faults });
}

/** A key may have line breaks in it, and be taken for faults of others. */
function textOf({ where, line, message }: PlacedFault): string {
  return printable(`${where}${line === undefined ? '' : ` (line ${String(line)})`}: ${message}`);
}
