/**
 * Small parts that every view uses. Whatever comes from outside is a text node or an attribute, never markup.
 *
 * @import { Item, Pod, State } from '../data/types.ts'
 * @import { Model } from '../data/model.js'
 */
import { serviceNow } from '../data/api.js';
import { current, subscribe } from '../data/model.js';
import { recordingLink, podLink } from '../frame/places.js';
import { statusOf } from '../data/status.js';
import { html, useEffect, useState } from '../preact.js';
import { full, local, relative } from './time.js';

const tickMs = 5_000;
/** @type {Set<() => void>} one clock for all, so that all texts change at once */
const ticking = new Set();
setInterval(() => {
  if (!document.hidden) for (const tick of ticking) tick();
}, 1_000);

/** The service's clock, each second; it stands still where nothing newer is known, so that nothing is asserted of what came after. */
export function useNow() {
  const [now, setNow] = useState(timeShown);
  useEffect(() => {
    const tick = () => setNow(timeShown());
    ticking.add(tick);
    return () => void ticking.delete(tick);
  }, []);
  return now;
}

/**
 * Another number now and then, for what is to be read again though nothing was heard of it: an answer may have been made a moment
 * before the last event.
 */
export function useTick() {
  return Math.floor(useNow() / tickMs);
}

function timeShown() {
  const model = current();
  return statusOf(model).kind === 'bad' ? model.knownAt : serviceNow();
}

/** @returns {Model} */
export function useModel() {
  const [model, setModel] = useState(current);
  useEffect(() => {
    setModel(current());
    return subscribe(() => setModel(current()));
  }, []);
  return model;
}

/**
 * A time: relative, with the rest in the title; or local, where `isAbsolute`.
 *
 * @param {{ at: string, isAbsolute?: boolean }} props RFC 3339
 */
export function Time({ at, isAbsolute = false }) {
  const now = useNow();
  const millis = Date.parse(at);
  if (Number.isNaN(millis)) return html`<span>${at}</span>`;
  const [short, other] = [relative(millis, now), local(millis, now)];
  return html`<time datetime=${at} title=${`${isAbsolute ? short : other}\n${full(millis)}`}
    >${isAbsolute ? other : short}</time
  >`;
}

/** @param {{ state: string }} props */
export function StateBadge({ state }) {
  return html`<span class="badge" data-state=${state}>${state}</span>`;
}

export function Simulated() {
  return html`<span class="badge" data-state="simulated" title="A sample, not a recording of this pod"
    >simulated</span
  >`;
}

/** @param {{ pod: Pod }} props */
export function PodName({ pod }) {
  return html`<a class="pod" href=${podLink(pod)}><bdi>${pod.pod}</bdi></a>
    <span class="place"><bdi>${pod.namespace}</bdi> · <bdi>${pod.kubeContext}</bdi></span>`;
}

/** @param {{ item: Pick<Item, 'id' | 'alertname'> }} props */
export function RecordingLink({ item }) {
  const name = item.alertname ?? 'by hand';
  return html`<a href=${recordingLink(item.id)} title=${`collection ${item.id}`}><bdi>${name}</bdi></a>`;
}

/** @param {{ error: unknown, again?: () => void }} props */
export function Problem({ error, again }) {
  const text = error instanceof Error ? error.message : String(error);
  return html`<p class="problem" role="alert">
    ${text} ${again && html`<button type="button" onClick=${again}>Try again</button>`}
  </p>`;
}

/** @type {Record<State, string>} */
export const stateWords = {
  requested: 'requested: waits for its turn',
  collecting: 'collecting: the JVM is being recorded',
  uploading: 'uploading: on the way to its destination',
  uploaded: 'uploaded',
  failed: 'failed',
  cancelled: 'cancelled by somebody',
};
