import { hash } from 'node:crypto';
import { transition } from 'xstate';
import { initialSnapshot, podMachine, type PodSnapshot } from '../../src/collection/pod/machine.ts';
import type { PodEvent } from '../../src/collection/pod/context.ts';
import type { CollectionEventType, DataOf } from '../../src/events/catalogue.ts';
import type { EventError } from '../../src/events/data/error.ts';
import type { Plan } from '../../src/events/data/plan.ts';
import { createEvent } from '../../src/events/envelope.ts';
import { collectionIdOf } from '../../src/events/ids.ts';
import { podSubject } from '../../src/events/subjects.ts';
import { append } from '../../src/log/write/append.ts';
import type { Connection } from '../../src/log/connection.ts';
import * as short from '../support/events.ts';
import { number as shown } from './report.ts';

const { alertRef, at, receptionOf } = short;

export const eventsPerPod = 10;
const appendsInFlight = 1_000;
/** So many pods come into trouble in a second. */
const podsPerSecond = 5;
/** The second collection begins when the cooldown of the first one is over. */
const laterSeconds = 660;

const destination = { type: 's3', bucket: 'jfr-recordings', prefix: 'crate', region: 'eu-west-1' } as const;
const plan: Plan = { ...short.plan, maxAttempts: 2, destination };
const by = { host: 'alert-watcher-7d9c5b9f4-x2k8q', process: '8c5f1d9e-3b7a-4f06-9d7e-5a1c2b3d4e5f' };
const exited: EventError = {
  code: 'collector-exited',
  message: 'hemako ended with exit code 1',
  exitCode: 1,
  stderrTail: 'Error from server (NotFound): pods "crate-data-hot-0" not found\n',
};
const refused: EventError = {
  code: 'destination-unavailable',
  message: 's3://jfr-recordings: SlowDown (503): Please reduce your request rate.',
};

/** One of the two collections of the pod with that number: the events that it can have in that second of the history. */
function collectionOf(number: number, isSecond: boolean, second: number) {
  const firstAlert = 4 * number + (isSecond ? 2 : 0);
  const trigger = { ...alertRef(firstAlert), severity: 'critical' };
  const other = alertRef(firstAlert + 1);
  const pod = podOf(number);
  const collectionId = collectionIdOf(receptionOf(trigger));
  const of = { ...pod, collectionId, run: 1 };
  const sha256 = hash('sha256', collectionId);
  const traceparent = `00-${sha256.slice(0, 32)}-${sha256.slice(32, 48)}-01`;
  const make = <T extends CollectionEventType>(
    part: string,
    type: T,
    data: DataOf<T>,
    causeId = receptionOf(trigger),
  ) => createEvent(type, data, { part, time: at(second), traceparent, causeId }) as PodEvent;
  const retry = (after?: number) => (after === undefined ? {} : { retryAt: at(second + after) });
  return {
    requested: () => make('intake', 'CollectionRequested', { ...pod, collectionId, trigger, plan }),
    attached: () => make('intake', 'AlertAttached', { ...pod, collectionId, ...other }, receptionOf(other)),
    outdated: () => {
      const data = { ...pod, ...other, reason: 'stale' as const, ageSeconds: 3_700.25 };
      return make('intake', 'CollectionSuppressed', data, receptionOf(other));
    },
    started: (attempt = 1) => make('collect', 'CollectionAttemptStarted', { ...of, attempt, by }),
    missed: (attempt = 1, retryAfter?: number) =>
      make('collect', 'CollectionAttemptFailed', { ...of, attempt, error: exited, ...retry(retryAfter) }),
    collected: (attempt = 1) => {
      const staged = { stagedName: `${collectionId}/1-${String(attempt)}/${sha256}`, sha256 };
      const recording = { ...short.recording, ...staged, startedAt: at(second - 31) };
      return make('collect', 'JfrCollected', { ...of, attempt, recording, tookMs: 30_512 });
    },
    notTaken: (attempt = 1, retryAfter?: number) =>
      make('upload', 'UploadAttemptFailed', { ...of, attempt, error: refused, ...retry(retryAfter) }),
    uploaded: (attempt = 1) => {
      const day = at(second).slice(0, 10).split('-');
      const folder = [pod.kubeContext, pod.namespace, pod.sts, pod.pod, ...day].join('/');
      const url = `s3://jfr-recordings/crate/${folder}/${collectionId}.jfr`;
      const { bytes } = short.recording;
      return make('upload', 'Uploaded', { ...of, attempt, url, bytes, sha256, tookMs: 184 });
    },
    failed: () =>
      make('collect', 'CollectionFailed', { ...of, stage: 'collect', attempts: 2, error: exited }),
  };
}

type Told = ReturnType<typeof collectionOf>;
/** By the second since its request: what a collection tells then. */
type Course = Readonly<Record<number, (of: Told) => PodEvent>>;

const plain: Course = {
  0: (of) => of.requested(),
  2: (of) => of.started(),
  33: (of) => of.collected(),
  35: (of) => of.uploaded(),
};
const shared: Course = { ...plain, 1: (of) => of.attached() };
const repeated: Course = { ...plain, 90: (of) => of.outdated() };
const uploadedLate: Course = { ...shared, 35: (of) => of.notTaken(1, 2), 37: (of) => of.uploaded(2) };
const missedOnce: Course = { 0: (of) => of.requested(), 2: (of) => of.started(), 4: (of) => of.missed(1, 2), 6: (of) => of.started(2), 37: (of) => of.collected(2), 39: (of) => of.uploaded() }; // prettier-ignore
const failing: Course = { 0: (of) => of.requested(), 2: (of) => of.started(), 4: (of) => of.missed(1, 2), 6: (of) => of.started(2), 8: (of) => of.missed(2), 9: (of) => of.failed() }; // prettier-ignore

/** The two collections of a pod, by the last digit of its number: ten events each. One in ten ends without a recording. */
const courses: readonly (readonly [Course, Course])[] = [
  [shared, shared], [shared, shared], [shared, shared], [shared, shared], [shared, repeated], [repeated, shared],
  [plain, missedOnce], [missedOnce, plain], [uploadedLate, plain], [plain, failing],
]; // prettier-ignore
const seconds = [...new Set(courses.flat().flatMap((course) => Object.keys(course).map(Number)))];
const lateSeconds = seconds.map((second) => second + laterSeconds);

/**
 * The events of so many pods, from the one with that number on, in the order of time: `eventsPerPod` of each, thousands of
 * pods in the midst of theirs at once. Every collection has ended at the end.
 */
export function* history(pods: number, first = 0): Generator<PodEvent> {
  const sinceBegin = [...seconds, ...lateSeconds].toSorted((a, b) => b - a);
  const end = Math.ceil((first + pods) / podsPerSecond) + Math.max(...sinceBegin);
  for (let second = Math.floor(first / podsPerSecond); second <= end; second += 1) {
    for (const since of sinceBegin) {
      const begun = (second - since) * podsPerSecond;
      for (let pod = Math.max(begun, first); pod < Math.min(begun + podsPerSecond, first + pods); pod += 1) {
        const isSecond = since >= laterSeconds;
        const make = courses[pod % courses.length]?.[isSecond ? 1 : 0][since - (isSecond ? laterSeconds : 0)];
        if (make) yield make(collectionOf(pod, isSecond, second));
      }
    }
  }
}

function podOf(number: number) {
  const digits = hash('sha256', `namespace ${String(Math.floor(number / 10))}`);
  const namespace = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  const kubeContext = `aks${String((Math.floor(number / 10) % 3) + 1)}-westeurope-prod`;
  return { kubeContext, namespace, pod: `crate-data-hot-${String(number % 10)}`, sts: 'crate-data-hot' };
}

/**
 * Appends the history of these pods, as the service does: each event expects the one before it of its pod. Says on standard
 * error how far it is.
 */
export async function appendHistory(connection: Connection, pods: number, first = 0): Promise<void> {
  const lastOf = new Map<string, Promise<number>>();
  let inFlight: Promise<number>[] = [];
  let count = 0;
  for (const event of history(pods, first)) {
    const subject = podSubject(event.data);
    const appended = appendBehind(connection, event, `${subject}.>`, lastOf.get(subject));
    lastOf.set(subject, appended);
    inFlight.push(appended);
    if (inFlight.length === appendsInFlight) {
      await Promise.all(inFlight);
      inFlight = [];
    }
    if (++count % 100_000 === 0) process.stderr.write(`${shown(count)} events are on the stream\n`);
  }
  await Promise.all(inFlight);
}

async function appendBehind(
  connection: Connection,
  event: PodEvent,
  filter: string,
  before: Promise<number> | undefined,
): Promise<number> {
  const { sequence } = await append(connection, event, { lastSequence: (await before) ?? 0, filter });
  return sequence;
}

/** As decoded from the stream: what two events have in common is not shared. */
export function decoded(event: PodEvent): PodEvent {
  return JSON.parse(JSON.stringify(event)) as PodEvent;
}

/** Folds an event of the pod with that subject, with the bare transition; throws where the machine ignores it. */
export function foldBare(pods: Map<string, PodSnapshot>, subject: string, event: PodEvent): void {
  const before = pods.get(subject) ?? initialSnapshot;
  const [after] = transition(podMachine, before, event);
  if (after.context === before.context) throw new Error(`the machine ignores ${event.type} ${event.id}`);
  pods.set(subject, after);
}
