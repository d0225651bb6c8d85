/** What an alert says of itself and of where it happened. */
interface Said {
  type?: string;
  severity?: string;
  source?: { name?: string; type?: string };
  context?: Record<string, unknown>;
  data?: Record<string, unknown>;
}

/** `data` is what was measured, and changes from time to time: of it, only names of places become labels. */
const places = new Set([
  ...['kube_context', 'namespace', 'pod', 'sts', 'container', 'node', 'instance'],
  ...['cluster', 'region', 'environment', 'service', 'job'],
]);
/** Made of other fields: `context` and `data` cannot say otherwise. */
const reserved = new Set(['alertname', 'alert_id', 'severity', 'type', 'source', 'source_type']);
/** Prometheus keeps names that begin with two underscores to itself. */
const labelName = /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/;
const maxLabelLength = 1_024;

/**
 * A title as an alert name: letters, digits and underscores stay, anything else parts words, and each word begins with a
 * capital letter. `High CPU usage` is `HighCPUUsage`; `CrateDBContainerRestart` stays as it is. A title without any of
 * them stays, too, without space around it.
 */
export function alertnameOf(title: string): string {
  const words = title.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== '');
  if (words.length === 0) return title.trim();
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** The labels of an alert, and what of `context` and `data` is none. */
export function labelsOf(
  { type, severity, source, context = {}, data = {} }: Said,
  alertname: string,
  alertId: string | undefined,
): { labels: Record<string, string>; rest: { context: object; data: object } } {
  const ofData = split(data, (name) => places.has(name));
  // It says where: all of it that can be a label is one, and it goes before data.
  const ofContext = split(context, (name) => labelName.test(name) && !reserved.has(name));
  const isOverruled = (name: string) => ofContext.labels.has(labelOf(name));
  for (const name of Object.keys(data)) {
    if (ofData.labels.has(labelOf(name)) && isOverruled(name)) ofData.rest.set(name, data[name]);
  }
  const own = {
    ...{ alertname, alert_id: alertId, severity: severity?.toLowerCase(), type },
    ...{ source: source?.name, source_type: source?.type },
  };
  const said = Object.entries(own).flatMap(([name, text]) => (text ? [[name, text] as const] : []));
  return {
    labels: Object.fromEntries([...ofData.labels, ...ofContext.labels, ...said]),
    rest: { context: Object.fromEntries(ofContext.rest), data: Object.fromEntries(ofData.rest) },
  };
}

function split(record: Record<string, unknown>, isLabel: (name: string) => boolean) {
  const labels = new Map<string, string>();
  const rest = new Map<string, unknown>();
  for (const [name, value] of Object.entries(record)) {
    const text = textOf(value);
    const label = labelOf(name);
    const isTaken = label !== name && Object.hasOwn(record, label);
    if (text !== undefined && isLabel(label) && !isTaken) labels.set(label, text);
    else rest.set(name, value);
  }
  return { labels, rest };
}

/** The API of this service calls it so, and others in that manner will. */
function labelOf(name: string): string {
  return name === 'kubeContext' ? 'kube_context' : name;
}

/** An empty label is no label. */
function textOf(value: unknown): string | undefined {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!isPlain) return undefined;
  const text = String(value);
  return text !== '' && text.length <= maxLabelLength ? text : undefined;
}
