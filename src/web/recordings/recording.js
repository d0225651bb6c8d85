/**
 * One collection: its state, the way to it in words, its state diagram and the travel through its events.
 *
 * @import { Chapter, Explanation, Item, Place, Progress, ReplayLine } from '../data/types.ts'
 */
import { AskDialog } from '../parts/dialog.js';
import { ChapterView } from '../pods/explain-view.js';
import { loadStory } from '../data/model.js';
import { Stage } from './stage.js';
import { html, useEffect, useState } from '../preact.js';
import { progressOf } from '../data/progress.js';
import { isEnded } from '../data/store.js';
import { bytes, duration } from '../parts/time.js';
import { Travel } from './travel.js';
import { PodName, Problem, Simulated, StateBadge, Time, useModel } from '../parts/ui.js';
import { Loading, useData } from '../data/use-data.js';

/** @param {{ place: Place }} props */
export function RecordingView({ place }) {
  const { id = '' } = place.params;
  const at = Number(place.query['at']) || undefined;
  const { store, generation } = useModel();
  const [error, setError] = useState(/** @type {unknown} */ (undefined));
  const item = store.items.get(id);
  const key = item?.lastSequence ?? 0;
  const explained = useData(`explain/${encodeURIComponent(id)}`, generation, key);
  const replay = useData(`collections/${encodeURIComponent(id)}/replay`, generation, key);
  useEffect(() => {
    if (generation > 0) loadStory(id).then(() => setError(undefined), setError);
  }, [id, generation]);

  const explanation = /** @type {Explanation | undefined} */ (explained.data);
  const chapter = explanation?.chapters.find(({ collectionId }) => collectionId === id);
  const replayed = /** @type {{ items: ReplayLine[] } | undefined} */ (replay.data);
  const lines = replayed?.items;
  if (!item && error !== undefined) return html`<${Problem} error=${error} />`;
  if (!item) return html`<${Loading} />`;
  const progress = progressOf(item);
  // Both at once: what is below must not jump when what is above it comes.
  const isRead = (chapter ?? explained.error) !== undefined && (lines ?? replay.error) !== undefined;
  return html`<section aria-labelledby="collection-title">
    <${Head} item=${item} />
    ${!isEnded(item.state) && html`<${Stage} item=${item} progress=${progress} />`}
    <${Facts} item=${item} progress=${progress} />
    ${isRead ? html`<${Log} ...${{ id, at, chapter, lines, error: explained.error ?? replay.error }} />` : html`<${Loading} />`}
  </section>`;
}

/** @param {{ id: string, at: number | undefined, chapter?: Chapter, lines?: ReplayLine[], error: unknown }} props */
function Log({ id, at, chapter, lines = [], error }) {
  return html`<h3 class="part">What happened</h3>
    ${error !== undefined && html`<${Problem} error=${error} />`}
    ${chapter && html`<${ChapterView} chapter=${chapter} />`}
    ${
      lines.length > 0 &&
      html`<details class="log" open=${at !== undefined}>
        <summary><h3>Its log, event by event</h3></summary>
        <${Travel} id=${id} lines=${lines} at=${at} />
      </details>`
    }`;
}

/** @param {{ item: Item }} props */
function Head({ item }) {
  const [asking, setAsking] = useState('');
  const isOver = isEnded(item.state);
  return html`<div class="head">
      <h2 id="collection-title"><bdi>${item.alertname ?? 'Recorded by hand'}</bdi></h2>
      <${StateBadge} state=${item.state} />
      <span class="actions">
        ${
          (item.state === 'failed' || item.state === 'cancelled') &&
          html`<button type="button" onClick=${() => setAsking('redrive')}>Redrive…</button>`
        }
        ${!isOver && html`<button type="button" onClick=${() => setAsking('cancel')}>Cancel…</button>`}
      </span>
    </div>
    <p class="sentence"><${PodName} pod=${item} /></p>
    ${
      asking &&
      html`<${AskDialog}
        ...${actions[/** @type {keyof typeof actions} */ (asking)]}
        path=${`collections/${encodeURIComponent(item.id)}/${asking}`}
        onEnd=${() => setAsking('')}
      />`
    }`;
}

const actions = {
  redrive: {
    title: 'Redrive this collection',
    explanation: 'It starts again at the stage that failed, as a new run with all of its attempts.',
    action: 'Redrive',
  },
  cancel: {
    title: 'Cancel this collection',
    explanation: 'It ends now, without a recording at its destination. The collector is stopped.',
    action: 'Cancel it',
  },
};

/** @param {{ item: Item, progress: Progress }} props */
function Facts({ item, progress: { recording, plan, run, alerts } }) {
  const upload = item.events.findLast(({ type }) => type === 'Uploaded');
  const url = upload?.type === 'Uploaded' ? upload.data.url : undefined;
  return html`<dl class="facts">
    <div>
      <dt>Requested</dt>
      <dd><${Time} at=${item.requestedAt} isAbsolute /></dd>
    </div>
    ${
      item.endedAt &&
      html`<div>
        <dt>Ended</dt>
        <dd><${Time} at=${item.endedAt} isAbsolute /></dd>
      </div>`
    }
    ${
      plan &&
      html`<div>
        <dt>Plan</dt>
        <dd>
          ${plan.durationSeconds} s by <bdi>${plan.collector}</bdi> (row <bdi>${plan.rule}</bdi>), run ${run},
          ${' '}${alerts} ${alerts === 1 ? 'alert' : 'alerts'}
        </dd>
      </div>`
    }
    ${
      recording &&
      html`<div>
        <dt>Recording</dt>
        <dd>
          ${recording.simulated && html`<${Simulated} />${' '}`}${bytes(recording.bytes)},
          ${' '}${duration(recording.durationMs)}
          ${
            item.state === 'uploaded' &&
            html`${' · '}<a href=${`/api/v1/collections/${encodeURIComponent(item.id)}/recording`} download
                >Download ${recording.simulated ? 'the simulated recording' : 'the recording'}</a
              >`
          }
        </dd>
      </div>`
    }
    <div>
      <dt>Id</dt>
      <dd class="url">${item.id}</dd>
    </div>
    ${
      url &&
      html`<div>
        <dt>Kept at</dt>
        <dd class="url"><bdi>${url}</bdi></dd>
      </div>`
    }
  </dl>`;
}
