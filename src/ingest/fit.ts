import type { AlertReceivedData } from '../events/alert-events.ts';

/** Labels that decisions and subjects are made of: they are never left out. */
const neededLabels = new Set(['alertname', 'namespace', 'pod', 'kube_context', 'sts', 'severity']);

const encoder = new TextEncoder();

/** What a message says besides what its webhook said: names of fields, and the time. */
const ownBytes = 2_048;

/** True where every alert of a body fits without a look at it. `units` is the length of its text, at most 3 bytes each. */
export function fitsInAnyCase(units: number, maxBytes: number): boolean {
  return units * 3 + ownBytes <= maxBytes;
}

/**
 * Makes an alert fit into a message: the largest annotations are left out first, then labels that nothing needs, largest
 * first; `truncated` names them. Answers undefined where even that is not enough.
 */
export function fitAlert(alert: AlertReceivedData, maxBytes: number): AlertReceivedData | undefined {
  if (bytesOf(alert) <= maxBytes) return alert;
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

function bytesOf(alert: AlertReceivedData): number {
  return encoder.encode(JSON.stringify(alert)).length;
}
