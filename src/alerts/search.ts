import { filterOf } from '../events/catalogue.ts';
import { decodeEvent, isEvent, type StoredMessage } from '../events/envelope.ts';
import { encodeToken } from '../events/subjects.ts';
import { podOf } from '../book/pod-of-alert.ts';
import type { Found, Sought } from '../http/search.ts';
import { readBackwards } from '../log/backwards.ts';
import type { Source } from '../log/read.ts';

/** Somebody is typing, and other reads wait: it looks back as far as it gets by then. */
const patienceMs = 300;
/** Shorter ones would find alerts of which nobody has the fingerprint in hand. */
const minHexDigits = 4;

/** Alerts whose fingerprint or id begins so, and names of alerts: the newest first. Throws LogUnavailable. */
export async function searchAlerts(
  { connection, stream }: Source,
  { prefix, limit }: Sought,
): Promise<Found[]> {
  const token = encodeToken(prefix).toLowerCase();
  const isHex = prefix.length >= minHexDigits && /^[0-9a-f]+$/.test(prefix);
  const found = new Map<string, Found>();
  const mayBe = (message: StoredMessage) => {
    const [, , alertname = '', fingerprint = ''] = message.subject.toLowerCase().split('.', 4);
    if (alertname.startsWith(token)) return true;
    return isHex && (fingerprint.startsWith(prefix) || (message.header('ce-id') ?? '').startsWith(prefix));
  };
  const deadline = performance.now() + patienceMs;
  const range = { filter: filterOf('AlertReceived'), mayBe };
  for await (const { messages } of readBackwards(connection, stream, range)) {
    for (const item of messages.flatMap((message) => itemsOf(message, prefix, isHex))) {
      const key = `${item.kind} ${item.text}`;
      if (found.size < 2 * limit && !found.has(key)) found.set(key, item);
    }
    if (found.size >= 2 * limit || performance.now() > deadline) break;
  }
  return [...found.values()];
}

function itemsOf(message: StoredMessage, prefix: string, isHex: boolean): Found[] {
  const event = decodeEvent(message);
  if (!isEvent(event) || event.type !== 'AlertReceived') return [];
  const { id, data } = event;
  const { fingerprint, status, labels } = data;
  const { alertname = '', namespace = '' } = labels;
  const items: Found[] = [];
  if (alertname.toLowerCase().startsWith(prefix))
    items.push({ kind: 'alertname', text: alertname, detail: `last in ${namespace || 'no namespace'}` });
  const text = [fingerprint, id].find((each) => each.startsWith(prefix));
  if (isHex && text !== undefined) {
    const detail = [alertname, status, labels['pod']].filter(Boolean).join(' ');
    items.push({ kind: 'alert', text, detail, id, fingerprint, ...placeOf(labels) });
  }
  return items;
}

function placeOf(labels: Readonly<Record<string, string>>) {
  const found = podOf(labels);
  if (!('pod' in found)) return {};
  const { kubeContext, namespace, pod } = found.pod;
  return { kubeContext, namespace, pod };
}
