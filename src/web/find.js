/**
 * What somebody has in hand, such as the name of a pod or the fingerprint of an alert, leads to its view: or to words that say
 * why there is no recording.
 *
 * @import { Explanation } from './types.ts'
 * @import { Pod } from './location.js'
 */
import { ApiProblem } from './api.js';
import { ChapterView } from './explain-view.js';
import { textsOf } from './form.js';
import { collectionLink, findLink, podLink, podOf } from './location.js';
import { html, useEffect } from './preact.js';
import { navigate } from './router.js';
import { Problem, useModel } from './ui.js';
import { Loading, useData } from './use-data.js';

const isCollectionId = /^[0-9a-f]{32}$/;
const isAlertId = /^([0-9a-f]{16}|[0-9a-f]{64})$/;

export function FindForm() {
  const find = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const { find: asked = '' } = textsOf(new FormData(form));
    if (asked) navigate(hrefOf(asked));
    form.reset();
  };
  return html`<form class="find" role="search" aria-label="Explain" onSubmit=${find}>
    <input
      name="find"
      type="search"
      aria-label="Explain a pod, an alert or a collection"
      placeholder="Explain: pod, fingerprint or id"
      autocomplete="off"
      spellcheck=${false}
    />
  </form>`;
}

/** @param {{ asked: string }} props */
export function FindView({ asked }) {
  const { generation } = useModel();
  const isId = isAlertId.test(asked);
  const query = new URLSearchParams({ pod: asked, since: '7d' }).toString();
  const { data, error } = useData(isId ? `explain/${asked}` : `explain?${query}`, generation, 0);
  const explanation = /** @type {Explanation | undefined} */ (data);
  const [pod] = explanation?.pods ?? [];
  useEffect(() => {
    // A bare name that one pod has.
    if (pod && !isId) navigate(podLink(pod), { isReplaced: true });
  }, [pod]);
  const several = error instanceof ApiProblem ? error.problem['pods'] : undefined;
  return html`<section aria-labelledby="found">
    <h2 id="found"><bdi>${asked}</bdi></h2>
    ${Array.isArray(several) && html`<${Several} names=${several} />`}
    ${error !== undefined && !Array.isArray(several) && html`<${Problem} error=${error} />`}
    ${!explanation && error === undefined && html`<${Loading} />`}
    ${explanation?.chapters.map((chapter) => html`<${ChapterView} chapter=${chapter} isLinked />`)}
  </section>`;
}

/** @param {{ names: string[] }} props */
function Several({ names }) {
  return html`<p>Several pods have this name:</p>
    <ul>
      ${names.map(
        (name) =>
          html`<li>
            <a href=${hrefOf(name)}><bdi>${name}</bdi></a>
          </li>`,
      )}
    </ul>`;
}

/** @param {string} asked */
function hrefOf(asked) {
  if (isCollectionId.test(asked)) return collectionLink(asked);
  const pod = /** @type {Pod | undefined} */ (podOf(asked));
  return pod ? podLink(pod) : findLink(asked);
}
