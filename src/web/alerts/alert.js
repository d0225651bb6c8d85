/** One alert, by its id or fingerprint: what it led to, in words. */
import { Loading, useData } from '../data/use-data.js';
import { Problem, useModel } from '../parts/ui.js';
import { ChapterView } from '../pods/explain-view.js';
import { html, useEffect, useState } from '../preact.js';

/** @import { Explanation, Place } from '../data/types.ts' */

/** @param {{ place: Place }} props */
export function AlertView({ place }) {
  const id = place.params['id'] ?? '';
  const { generation, store } = useModel();
  const [known, setKnown] = useState(/** @type {string[]} */ ([]));
  const last = Math.max(0, ...known.map((each) => store.items.get(each)?.lastSequence ?? 0));
  const { data, error } = useData(`explain/${encodeURIComponent(id)}`, generation, last);
  const explanation = /** @type {Explanation | undefined} */ (data);
  useEffect(() => {
    setKnown((explanation?.chapters ?? []).flatMap(({ collectionId = [] }) => collectionId));
  }, [explanation]);
  const name = explanation?.chapters[0]?.alerts[0]?.alertname;
  return html`<section aria-labelledby="alert-title">
    <h2 id="alert-title"><bdi>${name ?? 'Alert'}</bdi></h2>
    <p class="note url">${id}</p>
    ${error !== undefined && html`<${Problem} error=${error} />`}
    ${!explanation && error === undefined && html`<${Loading} />`}
    ${explanation?.chapters.map((chapter) => html`<${ChapterView} chapter=${chapter} isLinked withPod />`)}
  </section>`;
}
