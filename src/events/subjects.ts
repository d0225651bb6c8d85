import { sha256Hex } from './ids.ts';

/** Where a collection happens. The three together name one aggregate of the log. */
export interface Pod {
  kubeContext: string;
  namespace: string;
  pod: string;
}

/** What an alert names that means all of its pods. */
export interface StatefulSet {
  kubeContext: string;
  namespace: string;
  sts: string;
}

/** What tells one episode of an alert from another on the stream. `startsAt` is RFC 3339 text elsewhere. */
export interface AlertKey {
  alertname: string | undefined;
  fingerprint: string;
  startsAtNanos: bigint;
  status: string;
}

const maxTokenLength = 200;
const keptOfLongToken = 100;
const encodeAll = percentEncoder(/[A-Za-z0-9_-]/);

/**
 * One subject token: every UTF-8 byte outside `[A-Za-z0-9_-]` becomes `%XX`; nothing at all becomes `~`.
 * Over 200 characters it is cut to its first 100, `%` and 32 hex digits of its sha256, because one subject
 * of 5,000 bytes makes nats-server cut the connection.
 */
export function encodeToken(value: string): string {
  if (value === '') return '~';
  const encoded = encodeAll(value);
  if (encoded.length <= maxTokenLength) return encoded;
  return `${encoded.slice(0, keptOfLongToken)}%${sha256Hex(encoded).slice(0, 32)}`;
}

/** Makes an encoder: every UTF-8 byte becomes `%XX` unless its character is among the safe ones (of ASCII). */
export function percentEncoder(safe: RegExp): (value: string) => string {
  const encoded = Array.from({ length: 256 }, (_, byte) => {
    const char = String.fromCharCode(byte);
    return byte < 0x80 && safe.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  // Most values need no encoding: this keeps folding a long log fast.
  const plain = new RegExp(`^(?:${safe.source})*$`);
  const encode = (value: string) => Array.from(Buffer.from(value, 'utf8'), (byte) => encoded[byte]).join('');
  return (value) => (plain.test(value) ? value : encode(value));
}

/** `aw.alert.<alertname>.<fingerprint>.<startsAt>.<status>.<type>` */
export function alertSubject(alert: AlertKey, type: string): string {
  const { alertname, fingerprint, startsAtNanos, status } = alert;
  const tokens = [alertname ?? '', fingerprint, startsAtNanos.toString(), status].map(encodeToken);
  return `aw.alert.${tokens.join('.')}.${type}`;
}

/** All times of one alert, whenever they began: `aw.alert.<alertname>.<fingerprint>.*.<status>.<type>` */
export function alertEverSubject(alert: Omit<AlertKey, 'startsAtNanos'>, type: string): string {
  const [alertname, fingerprint, status] = [alert.alertname ?? '', alert.fingerprint, alert.status].map(encodeToken); // prettier-ignore
  return `aw.alert.${alertname ?? ''}.${fingerprint ?? ''}.*.${status ?? ''}.${type}`;
}

/** `aw.collection.<kube_context>.<namespace>.<pod>`: what every event of one pod starts with. */
export function podSubject(pod: Pod): string {
  return `aw.collection.${[pod.kubeContext, pod.namespace, pod.pod].map(encodeToken).join('.')}`;
}

/** The subject of one event of a pod's collections. */
export function collectionSubject(pod: Pod, type: string): string {
  return `${podSubject(pod)}.${type}`;
}

/** `aw.targets.<kube_context>.<namespace>.<sts>`: what every event about the pods of one StatefulSet starts with. */
export function statefulSetSubject({ kubeContext, namespace, sts }: StatefulSet): string {
  return `aw.targets.${[kubeContext, namespace, sts].map(encodeToken).join('.')}`;
}

/** The subject of one event about the pods of a StatefulSet. */
export function targetsSubject(statefulSet: StatefulSet, type: string): string {
  return `${statefulSetSubject(statefulSet)}.${type}`;
}

/**
 * The timer of an alert that waits for the end of a cooldown. Publishing again moves it. An alert about a StatefulSet
 * (`searchId`) has one for each of its pods.
 */
export function cooldownScheduleSubject({ alertId, searchId, pod }: CooldownWait): string {
  return `aw.schedule.cooldown.${encodeToken(searchId === undefined ? alertId : sha256Hex(`${alertId}/${pod}`))}`;
}

/** An alert that waits for the end of the cooldown of a pod. All pods of a search are in one namespace. */
export interface CooldownWait {
  alertId: string;
  searchId?: string;
  pod: string;
}

/** `aw.policy.<type>`: what decides which alerts lead to a recording. */
export function policySubject(type: string): string {
  return `aw.policy.${type}`;
}

/** `aw.source.<name>.<type>`: whether a source of alerts is heard. */
export function sourceSubject(name: string, type: string): string {
  return `aw.source.${encodeToken(name)}.${type}`;
}

/** The timer that says that a source is silent. Publishing again moves it. */
export function silenceScheduleSubject(name: string): string {
  return `aw.schedule.source.${encodeToken(name)}`;
}

/**
 * Where a process writes when it has nothing to say, to see that the stream stores. Each message rolls up the one before, whoever
 * wrote it: one is there, and it is no fact.
 */
export const probeSubject = 'aw.schedule.probe.last';

/**
 * The first message of a stream, if a probe is: it stays. One that is rolled up would have the stream begin at 2, as if history
 * had been removed.
 */
export const firstProbeSubject = 'aw.schedule.probe.first';

/** Where an event that a durable consumer could not handle is named. */
export function rejectedSubject(consumer: string, sequence: number): string {
  return `aw.rejected.${encodeToken(consumer)}.${String(sequence)}.EventRejected`;
}

/** The pod prefix (as podSubject gives it) that a subject of the stream belongs to; undefined outside `aw.collection.*.*.*.>`. */
export function podSubjectOf(subject: string): string | undefined {
  return prefixOf(subject, 'aw.collection', 3);
}

/**
 * The first tokens of a subject below a family such as `aw.collection`; undefined where it is of another family, or has nothing
 * behind them. Unknown event types count too: they move the server's expectation.
 */
export function prefixOf(subject: string, family: string, tokens: number): string | undefined {
  if (!subject.startsWith(family) || subject[family.length] !== '.') return undefined;
  let end = family.length;
  for (let token = 0; token < tokens; token += 1) {
    end = subject.indexOf('.', end + 1);
    if (end < 0) return undefined;
  }
  return subject.slice(0, end);
}
