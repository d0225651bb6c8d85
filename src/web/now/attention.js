/** What needs somebody, grouped by its reason: one line each, with what can be done about all of it. */
import { recordingsLink } from '../frame/places.js';
import { useCalm } from '../parts/calm.js';
import { RedriveAll } from '../parts/redrive-all.js';
import { Sentence } from '../parts/sentence.js';
import { Time, useModel } from '../parts/ui.js';
import { html } from '../preact.js';

/**
 * @import { Health } from '../data/types.ts'
 * @import { NowData } from './use-now-data.js'
 * @typedef {{ key: string, title: string, sentence: unknown, actions: unknown }} Matter
 */

const shownAtMost = 5;

/** @param {{ data: NowData }} props */
export function Attention({ data }) {
  const { health } = useModel();
  const { held, ref } = useCalm(mattersOf(data, health));
  const more = held.length - shownAtMost;
  return html`<section class="attention" aria-labelledby="attention" ref=${ref}>
    <h3 id="attention">Needs attention</h3>
    ${held.length === 0 && html`<p class="empty">${data.failures ? 'Nothing does.' : '…'}</p>`}
    <ul>
      ${held.slice(0, shownAtMost).map(
        ({ key, title, sentence, actions }) =>
          html`<li key=${key} data-row>
            <p><strong>${title}</strong> ${sentence}</p>
            <p class="actions">${actions}</p>
          </li>`,
      )}
    </ul>
    ${more > 0 && html`<p class="note">and ${more} more ${more === 1 ? 'reason' : 'reasons'}: <a href=${recordingsLink({ state: 'failed', since: '24h' })}>all that failed</a></p>`}
  </section>`;
}

/**
 * @param {NowData} data
 * @param {Health} health
 * @returns {Matter[]}
 */
function mattersOf({ failures, sources }, { details = [] }) {
  const unable = details.map(({ name, sentence, action }) => ({
    ...{ key: name, title: name, sentence: html`<${Sentence} text=${sentence} />` },
    actions: html`<span class="note"><${Sentence} text=${action} /></span>`,
  }));
  const silent = (sources ?? []).flatMap(({ name, silentSince }) =>
    silentSince === undefined
      ? []
      : [
          {
            ...{ key: `source ${name}`, title: `Source ${name} is silent` },
            sentence: html`since <${Time} at=${silentSince} />`,
            actions: html`<a href="/settings">Sources</a>`,
          },
        ],
  );
  const failed = (failures?.items ?? []).map(({ value, message, count, pods, newestAt }) => {
    const filter = { state: 'failed', since: '24h', errorCode: value };
    return {
      ...{ key: `failed ${value}`, title: `${count} failed: ${value}` },
      sentence: html`<span class="dim"
        >${pods} ${pods === 1 ? 'pod' : 'pods'}, last <${Time} at=${newestAt} />: <bdi>${message}</bdi></span
      >`,
      actions: html`<a href=${recordingsLink(filter)}>Show</a>
        <${RedriveAll} filter=${filter} count=${count} />`,
    };
  });
  return [...unable, ...silent, ...failed];
}
