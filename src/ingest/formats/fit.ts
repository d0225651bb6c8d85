import type { AlertReceivedData } from '../../events/data/alert.ts';

/** Labels that decisions and subjects are made of: they are never left out. */
export const neededLabels: ReadonlySet<string> = new Set([
  'alertname',
  'namespace',
  'pod',
  'kube_context',
  'sts',
  'severity',
]);

const encoder = new TextEncoder();

/** Names of the fields, and the time. */
const ownBytes = 2_048;
/** JSON writes a character as `\u0000` at most. */
const bytesPerUnit = 6;
/** Quotes, a colon and a comma. */
const bytesPerEntry = 6;

/**
 * Makes an alert fit into a message: the largest annotations are left out first, then labels that nothing needs, largest
 * first; `truncated` names them. Answers undefined where even that is not enough.
 */
export function fitAlert(alert: AlertReceivedData, maxBytes: number): AlertReceivedData | undefined {
  if (bytesAtMost(alert) <= maxBytes || bytesOf(alert) <= maxBytes) return alert;
  const fitted = { ...alert, annotations: { ...alert.annotations }, labels: { ...alert.labels } };
  const truncated: string[] = [];
  for (const [part, name] of dispensable(alert)) {
    const { [name]: _left, ...rest } = fitted[part];
    fitted[part] = rest;
    truncated.push(`${part}.${name.slice(0, 200)}`);
    const smaller = { ...fitted, truncated };
    if (bytesOf(smaller) <= maxBytes) return smaller;
  }
  return undefined;
}

function dispensable(alert: AlertReceivedData): (readonly ['annotations' | 'labels', string])[] {
  const largestFirst = (record: Record<string, string>) =>
    Object.entries(record)
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([name]) => name);
  return [
    ...largestFirst(alert.annotations).map((name) => ['annotations', name] as const),
    ...largestFirst(alert.labels)
      .filter((name) => !neededLabels.has(name))
      .map((name) => ['labels', name] as const),
  ];
}

/** A bound that takes no writing. */
function bytesAtMost({ labels, annotations, ...rest }: AlertReceivedData): number {
  let units = 0;
  let entries = 0;
  for (const record of [labels, annotations, rest] as Readonly<Record<string, unknown>>[]) {
    for (const name in record) {
      const value = record[name];
      units += name.length + (typeof value === 'string' ? value.length : 0);
      entries += 1;
    }
  }
  return ownBytes + units * bytesPerUnit + entries * bytesPerEntry;
}

function bytesOf(alert: AlertReceivedData): number {
  return encoder.encode(JSON.stringify(alert)).length;
}
