import { type Static, Type } from '@sinclair/typebox';
import { RE2JS } from 're2js';
import { type Fault } from '../../config/fault.ts';
import { MatcherSyntaxError, parseMatcher } from '../../kernel/matchers.ts';
import { neededLabels } from '../formats/fit.ts';
import { createNames } from './names.ts';
import { createPatterns } from './patterns.ts';

const patterns = () => Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }));

/** What of alerts is not stored: names of labels and annotations, and patterns of what stands in them. */
export const Redact = Type.Object(
  { drop: patterns(), mask: patterns(), values: patterns() },
  { additionalProperties: false },
);

export type RedactConfig = Static<typeof Redact>;

/** Labels that subjects, decisions and collectors need: they are stored as they were sent. */
export const unredactedLabels: ReadonlySet<string> = new Set([...neededLabels, 'container']);

interface Fields {
  redact?: RedactConfig;
  sources?: { name: string; format?: string }[];
  collections?: { match: string[] }[];
  collectors?: Record<string, unknown>;
}

/** What the schema cannot say of `redact`, and which rows of `collections` would match by what is not stored. */
export function faultsOfRedact({ redact, sources = [], collections = [], collectors = {} }: Fields): Fault[] {
  if (!redact) return [];
  const titled = sources.find(({ format }) => format === 'alerts');
  const faults = [
    ...(['drop', 'mask'] as const).flatMap((key) =>
      faultsIn(redact, key, (pattern) => nameFault(pattern, titled?.name)),
    ),
    ...faultsIn(redact, 'values', valueFault),
  ];
  // Patterns that cannot be read match nothing yet.
  if (faults.length > 0) return faults;
  const faultOf = rowFaultFinder(redact);
  const ofRows = collections.flatMap(({ match }, row) =>
    match.flatMap((matcher, index): Fault[] => {
      const message = faultOf(matcher);
      return message === undefined ? [] : [[['collections', String(row), 'match', String(index)], message]];
    }),
  );
  return [
    ...ofRows,
    ...Object.entries(collectors).flatMap(([name, each]) => collectorFaults(redact, name, each)),
  ];
}

/** Labels that a collector asks for by `{label.NAME}` in its command, or by `labels`. */
function collectorFaults({ drop = [], mask = [] }: RedactConfig, name: string, collector: unknown): Fault[] {
  const { command, labels } = (collector ?? {}) as { command?: unknown; labels?: unknown };
  const asked = [...JSON.stringify([command]).matchAll(/\{label\.([^{}"]+)\}/g)].map(
    ([, label = '']) => label,
  );
  const listed = Array.isArray(labels) ? labels.map(String) : [];
  const isRedacted = createNames([...drop, ...mask]);
  return [...new Set([...asked, ...listed])].filter(isRedacted).map((label): Fault => {
    return [['collectors', name], `collectors get what is stored, and redact has label ${label}`];
  });
}

function faultsIn(
  redact: RedactConfig,
  key: keyof RedactConfig,
  faultOf: (pattern: string) => string | undefined,
): Fault[] {
  return (redact[key] ?? []).flatMap((pattern, index): Fault[] => {
    const message = faultOf(pattern);
    return message === undefined ? [] : [[['redact', key, String(index)], message]];
  });
}

/** `titled` is a source whose alerts have titles. */
function nameFault(pattern: string, titled: string | undefined): string | undefined {
  const unreadable = syntaxFault(pattern);
  if (unreadable !== undefined) return unreadable;
  const isNamed = createNames([pattern]);
  const hit = [...unredactedLabels].filter(isNamed);
  if (hit.length === 0 && titled !== undefined && isNamed('title'))
    return `${JSON.stringify(pattern)} matches title, of which source ${titled} makes the label alertname: mask what may not be stored of titles by redact.values`;
  if (hit.length === 0) return undefined;
  return `${JSON.stringify(pattern)} matches ${hit.join(', ')}: subjects and decisions are made of that; name other labels, or a narrower pattern`;
}

function valueFault(pattern: string): string | undefined {
  const unreadable = syntaxFault(pattern);
  if (unreadable !== undefined) return unreadable;
  if (!RE2JS.compile(pattern).test('')) return undefined;
  return `${JSON.stringify(pattern)} matches the empty text, which is everywhere: use + for *, or {1,}`;
}

function syntaxFault(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${JSON.stringify(pattern)} is no valid regular expression (RE2): ${reason}`;
  }
}

/** Finds out whether a matcher of `collections` looks at what is not stored. */
function rowFaultFinder({ drop = [], mask = [], values = [] }: RedactConfig) {
  const [isDropped, isMasked, masked] = [createNames(drop), createNames(mask), createPatterns(values)];
  const way = (name: string) => (isDropped(name) ? 'drop' : isMasked(name) ? 'mask' : undefined);
  return (text: string): string | undefined => {
    const matcher = readMatcher(text);
    if (!matcher || unredactedLabels.has(matcher.name)) return undefined;
    const { name, operator, value } = matcher;
    const redacted = way(name);
    if (redacted !== undefined)
      return `rows see what is stored, and redact.${redacted} has label ${name}: match another label, or filter in sources[].match, which sees what was sent`;
    if ((operator === '=' || operator === '!=') && masked(value) !== value)
      return `rows see what is stored, and redact.values masks ${JSON.stringify(value)}: no stored label ${name} has this value`;
    return undefined;
  };
}

/** Undefined for one that cannot be read: that is a fault of its row. */
function readMatcher(text: string) {
  try {
    return parseMatcher(text);
  } catch (error) {
    if (error instanceof MatcherSyntaxError) return undefined;
    throw error;
  }
}
