/** Everything that begins with a text; where nothing does, what the log says of a pod of this name. */
import { ApiProblem } from '../data/api.js';
import { Loading, useData } from '../data/use-data.js';
import { alertLink, podLink, podOf, recordingLink } from '../frame/places.js';
import { navigate } from '../frame/router.js';
import { Problem, useModel } from '../parts/ui.js';
import { html, useEffect } from '../preact.js';
import { hrefOfHit } from './hits.js';

/** @import { Explanation, Hit, Place } from '../data/types.ts' */

const isRecordingId = /^[0-9a-f]{32}$/;
const isAlertId = /^([0-9a-f]{16}|[0-9a-f]{64})$/;

/** @param {{ place: Place }} props */
export function SearchView({ place }) {
  const q = place.query['q'] ?? '';
  const { generation } = useModel();
  const { data, error } = useData(
    `search?${new URLSearchParams({ q, limit: '100' }).toString()}`,
    generation,
    0,
  );
  const hits = /** @type {{ items: Hit[] } | undefined} */ (data)?.items;
  const [only] = hits?.length === 1 ? hits : [];
  const exact = exactly(q);
  useEffect(() => {
    if (exact ?? only) navigate(exact ?? (only ? hrefOfHit(only) : '/'), { isReplaced: true });
  }, [exact, only]);
  return html`<section aria-labelledby="found">
    <h2 id="found">What begins with <bdi>“${q}”</bdi></h2>
    ${error !== undefined && html`<${Problem} error=${error} />`}
    ${!hits && error === undefined && html`<${Loading} />`}
    ${hits && hits.length > 1 && html`<${Hits} hits=${hits} />`}
    ${hits?.length === 0 && html`<${Nothing} asked=${q} />`}
  </section>`;
}

/** @param {{ hits: Hit[] }} props */
function Hits({ hits }) {
  return html`<ul class="hits">
    ${hits.map(
      (hit) =>
        html`<li data-row>
          <a href=${hrefOfHit(hit)}><bdi>${hit.text}</bdi></a>
          <span class="dim">${hit.kind} · <bdi>${hit.detail}</bdi></span>
        </li>`,
    )}
  </ul>`;
}

/**
 * An alert that led to nothing is on the stream alone.
 *
 * @param {{ asked: string }} props
 */
function Nothing({ asked }) {
  const { generation } = useModel();
  const query = new URLSearchParams({ pod: asked, since: '7d' }).toString();
  const { data, error } = useData(`explain?${query}`, generation, 0);
  const [pod] = /** @type {Explanation | undefined} */ (data)?.pods ?? [];
  useEffect(() => {
    if (pod) navigate(podLink(pod), { isReplaced: true });
  }, [pod]);
  if (error === undefined) return html`<${Loading} />`;
  const isUnknown = error instanceof ApiProblem && error.code === 'not-found';
  return isUnknown
    ? html`<p class="empty">Nothing does, and the log of the last 7 days knows no pod of this name.</p>`
    : html`<${Problem} error=${error} />`;
}

/**
 * Where an address leads that needs no search.
 *
 * @param {string} text
 */
function exactly(text) {
  if (isRecordingId.test(text)) return recordingLink(text);
  if (isAlertId.test(text)) return alertLink(text);
  const pod = podOf(text);
  return pod && podLink(pod);
}
