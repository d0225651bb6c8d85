/**
 * One recording: what it came to and what to do, then what happened in words, then the travel through its log.
 *
 * @import { Chapter, Explanation, Item, Place, Progress, Recording } from '../data/types.ts'
 */
import { AskDialog } from '../parts/dialog.js';
import { ChapterView, OutcomeView } from '../pods/explain-view.js';
import { loadStory } from '../data/model.js';
import { Stage } from './stage.js';
import { html, useEffect, useState } from '../preact.js';
import { progressOf } from '../data/progress.js';
import { isEnded } from '../data/store.js';
import { bytes, duration } from '../parts/time.js';
import { Log } from './log.js';
import { PodName, Problem, Simulated, StateBadge, Time, useModel } from '../parts/ui.js';
import { Loading, useData } from '../data/use-data.js';

/** @param {{ place: Place }} props */
export function RecordingView({ place }) {
  const { id = '' } = place.params;
  const at = Number(place.query['at']) || undefined;
  const { store, generation } = useModel();
  const [error, setError] = useState(/** @type {unknown} */ (undefined));
  const item = store.items.get(id);
  const explained = useData(`explain/${encodeURIComponent(id)}`, generation, item?.lastSequence ?? 0);
  useEffect(() => {
    if (generation > 0) loadStory(id).then(() => setError(undefined), setError);
  }, [id, generation]);

  const explanation = /** @type {Explanation | undefined} */ (explained.data);
  const chapter = explanation?.chapters.find(({ collectionId }) => collectionId === id);
  if (!item && error !== undefined) return html`<${Problem} error=${error} />`;
  if (!item) return html`<${Loading} />`;
  // All at once: what is below must not jump when what is above it comes.
  const isRead = (chapter ?? explained.error) !== undefined && item.isWhole;
  return html`<section aria-labelledby="collection-title">
    <${Head} item=${item} />
    ${isRead ? html`<${Story} ...${{ item, at, chapter, error: explained.error }} />` : html`<${Loading} />`}
  </section>`;
}

/** @param {{ item: Item, at: number | undefined, chapter?: Chapter, error: unknown }} props */
function Story({ item, at, chapter, error }) {
  const progress = progressOf(item);
  return html`<div class="summary" data-outcome=${chapter?.outcome.kind}>
      ${!isEnded(item.state) && html`<${Stage} item=${item} progress=${progress} />`}
      ${
        // While it runs, the bar says it to the second.
        chapter && chapter.outcome.kind !== 'running' && html`<${OutcomeView} outcome=${chapter.outcome} />`
      }
      ${item.state === 'uploaded' && html`<${Download} item=${item} recording=${progress.recording} />`}
    </div>
    <${Facts} item=${item} progress=${progress} />
    <h3 class="part">What happened</h3>
    ${error !== undefined && html`<${Problem} error=${error} />`}
    ${chapter && html`<${ChapterView} chapter=${chapter} withOutcome=${false} />`}
    <${Log} id=${item.id} at=${at} last=${item.lastSequence} />`;
}

/** @param {{ item: Item, recording: Recording | undefined }} props */
function Download({ item, recording }) {
  return html`<p class="download">
    <a class="button" href=${`/api/v1/collections/${encodeURIComponent(item.id)}/recording`} download
      >Download ${recording?.simulated ? 'the simulated recording' : 'the recording'}</a
    >
    ${recording && html`<span class="dim">${bytes(recording.bytes)}</span>`}
  </p>`;
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
        </dd>
      </div>`
    }
    <div>
      <dt>Id</dt>
      <dd class="url">${item.id}</dd>
    </div>
  </dl>`;
}
