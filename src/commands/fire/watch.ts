import { setTimeout as delay } from 'node:timers/promises';
import { millisOf } from '../../events/instant.ts';
import { RemoteFailed } from '../remote/http.ts';
import type { Api, ApiChapter, CollectionItem } from './api.ts';
import type { Target } from './webhook.ts';

/** An alert that the service has accepted, and the pod that it speaks of. */
export interface FiredAlert {
  id: string;
  fingerprint: string;
  startsAt: string;
  target: Target;
}

/** What an alert came to. `ignored`: no row of the policy matches. */
export interface Fate {
  kind: 'requested' | 'attached' | 'suppressed' | 'declined' | 'ignored' | 'rejected';
  collectionId?: string;
  /** How its collection ended; absent while it is under way. */
  end?: { uploaded: string; simulated: boolean } | { failed: string };
  /** In words, where there is no collection. */
  sentence?: string;
}

export interface WatchOptions {
  api: Api;
  alerts: readonly FiredAlert[];
  /** RFC 3339: when the drill began. */
  since: string;
  waitMs: number;
  signal: AbortSignal;
  /** Told after each look. */
  onLook: (ended: number, requested: number) => void;
}

const firstPauseMs = 100;
const maxPauseMs = 1_000;
/** An explanation reads through the alerts: so many pods are asked about at each look. */
const explainedAtOnce = 10;

/** Looks at the API until every alert has come to something, or the time is over. Throws RemoteFailed. */
export async function watchFates(options: WatchOptions): Promise<Map<string, Fate>> {
  const { alerts, waitMs, signal, onLook } = options;
  const fates = new Map<string, Fate>();
  const deadline = performance.now() + waitMs;
  const seen = new Set<string>();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
    try {
      const openPods = await lookAtCollections(options, fates, seen);
      await explainTheRest(options, fates, openPods);
      onLook(fates.size, alerts.length);
    } catch (error) {
      if (signal.aborted) break;
      // A service that restarts comes back; one that never answered will not.
      if (!(error instanceof RemoteFailed) || fates.size + seen.size === 0) throw error;
    }
    if (fates.size >= alerts.length || signal.aborted || performance.now() >= deadline) break;
    const left = Math.max(0, deadline - performance.now());
    await delay(Math.min(pauseMs, left), undefined, { signal }).catch(() => undefined);
  }
  if (fates.size < alerts.length && !signal.aborted) await lookAtTheOpen(options, fates);
  return fates;
}

/** Takes in what has ended; the pods that have something under way. */
async function lookAtCollections(
  { api, alerts }: WatchOptions,
  fates: Map<string, Fate>,
  seen: Set<string>,
): Promise<Set<string>> {
  const ids = new Set(alerts.map(({ id }) => id));
  const items = await collectionsOf(api, alerts);
  for (const item of items.filter((each) => hasEnded(each) && !seen.has(each.id))) {
    const { alerts: answered, url = '', events, recording } = await api.collection(item.id);
    const { simulated = false } = recording ?? {};
    const end = item.state === 'uploaded' ? { uploaded: url, simulated } : { failed: failureOf(events) };
    answered.forEach((id, index) => {
      if (ids.has(id))
        fates.set(id, { kind: index === 0 ? 'requested' : 'attached', collectionId: item.id, end });
    });
    seen.add(item.id);
  }
  return new Set(items.filter((each) => !hasEnded(each)).map(keyOf));
}

/** When the time is over: what was decided, though its end is not seen. */
async function lookAtTheOpen({ api, alerts }: WatchOptions, fates: Map<string, Fate>): Promise<void> {
  const ids = new Set(alerts.map(({ id }) => id).filter((id) => !fates.has(id)));
  const open = (await collectionsOf(api, alerts)).filter((item) => !hasEnded(item));
  for (const { id: collectionId } of open) {
    const { alerts: answered } = await api.collection(collectionId);
    answered.forEach((id, index) => {
      if (ids.has(id)) fates.set(id, { kind: index === 0 ? 'requested' : 'attached', collectionId });
    });
  }
}

async function collectionsOf(api: Api, alerts: readonly FiredAlert[]): Promise<CollectionItem[]> {
  const pods = new Set(alerts.map(({ target }) => keyOf(target)));
  const namespaces = [...new Set(alerts.map(({ target }) => target.namespace))];
  return (await Promise.all(namespaces.map(api.collections))).flat().filter((item) => pods.has(keyOf(item)));
}

/** What no collection answers. */
async function explainTheRest(
  { api, alerts, since }: WatchOptions,
  fates: Map<string, Fate>,
  openPods: ReadonlySet<string>,
): Promise<void> {
  const rest = alerts.filter(({ id, target }) => !fates.has(id) && !openPods.has(keyOf(target)));
  const targets = new Map(rest.map(({ target }) => [keyOf(target), target]));
  for (const [key, target] of [...targets].slice(0, explainedAtOnce)) {
    const chapters = await api.explain(target, since);
    for (const alert of rest.filter((each) => keyOf(each.target) === key)) {
      const chapter = chapters.find((each) => each.alerts.some((named) => isSame(named, alert)));
      const kind = chapter && kindOf(chapter);
      if (chapter && kind) fates.set(alert.id, { kind, sentence: chapter.outcome.sentence });
    }
  }
}

/** Undefined while it may become anything. */
function kindOf({ collectionId, outcome, steps }: ApiChapter): Fate['kind'] | undefined {
  if (collectionId !== undefined || outcome.kind === 'undecided') return undefined;
  if (steps.some(({ kind }) => kind === 'suppressed')) return 'suppressed';
  if (outcome.kind === 'declined' || outcome.kind === 'rejected') return outcome.kind;
  return 'ignored';
}

function isSame(named: { fingerprint: string; startsAt: string }, alert: FiredAlert): boolean {
  return named.fingerprint === alert.fingerprint && millisOf(named.startsAt) === millisOf(alert.startsAt);
}

function failureOf(events: { type: string; data: unknown }[]): string {
  const data = events.findLast(({ type }) => type === 'CollectionFailed')?.data;
  const { stage, error } = (data ?? {}) as { stage?: string; error?: { code: string; message: string } };
  return error ? `${stage ?? ''}: ${error.code}: ${error.message}` : 'no event says why';
}

function hasEnded({ state }: CollectionItem): boolean {
  return state === 'uploaded' || state === 'failed' || state === 'cancelled';
}

function keyOf({ kubeContext, namespace, pod }: Target): string {
  return JSON.stringify([kubeContext, namespace, pod]);
}
