/**
 * One pod: its time line, and every incident in words.
 *
 * @import { Explanation, Place, Pod } from '../data/types.ts'
 */
import { AskDialog } from '../parts/dialog.js';
import { Incidents } from './incidents.js';
import { podLink, podText, recordingLink, recordingsLink } from '../frame/places.js';
import { html, useState } from '../preact.js';
import { navigate } from '../frame/router.js';
import { Sentence } from '../parts/sentence.js';
import { listed } from '../data/store.js';
import { TimelineView } from './timeline-view.js';
import { spans } from './timeline.js';
import { Problem, useModel } from '../parts/ui.js';
import { Loading, useData } from '../data/use-data.js';

/** @type {Record<string, string>} */
const spanWords = {
  latest: 'the last incident',
  '1h': '1 hour',
  '6h': '6 hours',
  '24h': '24 hours',
  '7d': '7 days',
};

/** @param {{ place: Place }} props */
export function PodView({ place }) {
  const { kubeContext = '', namespace = '', pod: name = '' } = place.params;
  const pod = { kubeContext, namespace, pod: name };
  const span = place.query['span'] ?? 'latest';
  const { store, generation } = useModel();
  const since = span === 'latest' || !Object.hasOwn(spans, span) ? '7d' : span;
  const path = `explain?${new URLSearchParams({ pod: podText(pod), since }).toString()}`;
  const last = listed(store, { ...pod }).map(({ lastSequence }) => lastSequence);
  const { data, error } = useData(path, generation, Math.max(0, ...last));
  const explanation = /** @type {Explanation | undefined} */ (data);
  const isUnknown = error instanceof Error && 'code' in error && error.code === 'not-found';
  return html`<section aria-labelledby="pod-title">
    <${PodHead} pod=${pod} now=${explanation?.pods[0]?.sentence} />
    <${SpanChoice} pod=${pod} span=${span} />
    ${error !== undefined && !isUnknown && html`<${Problem} error=${error} />`}
    ${
      isUnknown &&
      html`<p class="empty">
        Nothing is on the stream of this pod since ${spanWords[since]}. An alert with its labels shows up here
        by itself.
      </p>`
    }
    ${!explanation && error === undefined && html`<${Loading} />`}
    ${
      explanation &&
      html`<${TimelineView} chapters=${explanation.chapters} span=${span} />
        <${Incidents} key=${path} chapters=${explanation.chapters} />
        ${
          explanation.more > 0 &&
          html`<p class="note">
            and ${explanation.more} older ones:
            <a href=${recordingsLink({ ...pod })}>all recordings of this pod</a>
          </p>`
        }`
    }
  </section>`;
}

/** @param {{ pod: Pod, now: string | undefined }} props */
function PodHead({ pod, now }) {
  const [isAsking, setAsking] = useState(false);
  const end = (/** @type {unknown} */ answer) => {
    setAsking(false);
    // Its own, or the one that was under way already.
    if (answer) navigate(recordingLink(/** @type {{ collectionId: string }} */ (answer).collectionId));
  };
  return html`<div class="head">
      <h2 id="pod-title"><bdi>${pod.pod}</bdi></h2>
      <span class="place"><bdi>${pod.namespace}</bdi> · <bdi>${pod.kubeContext}</bdi></span>
      <span class="actions">
        <button type="button" onClick=${() => setAsking(true)}>Record now…</button>
      </span>
    </div>
    <p class="sentence doing"><${Sentence} text=${now ?? ' '} /></p>
    ${
      isAsking &&
      html`<${AskDialog}
        title="Record this pod now"
        explanation="The collector runs on the pod at once, as for an alert. Recording costs the JVM a little."
        action="Record"
        path="collections"
        body=${pod}
        fields=${[{ name: 'durationSeconds', label: 'Seconds (empty: as configured)', type: 'number' }]}
        onEnd=${end}
      />`
    }`;
}

/** @param {{ pod: Pod, span: string }} props */
function SpanChoice({ pod, span }) {
  return html`<nav class="spans" aria-label="Time shown">
    ${Object.keys(spans).map(
      (key) =>
        html`<a href=${podLink(pod, key)} aria-current=${key === span ? 'true' : undefined}
          >${spanWords[key]}</a
        >`,
    )}
  </nav>`;
}
