/** Every view of the page, by the name that it has in frame/places.js. A feature brings its own as a row here and one there. */
import { AlertView } from './alerts/alert.js';
import { AlertsView } from './alerts/alerts.js';
import { Now } from './now/now.js';
import { html } from './preact.js';
import { PodView } from './pods/pod.js';
import { PodsView } from './pods/pods.js';
import { RecordingView } from './recordings/recording.js';
import { RecordingsView } from './recordings/recordings.js';
import { SearchView } from './search/search.js';
import { SettingsView } from './settings/settings.js';

/**
 * @import { Place } from './data/types.ts'
 * @typedef {object} ViewRow
 * @property {(props: { place: Place }) => unknown} component
 * @property {(place: Place) => string} title of the window
 * @property {true} [hasFilter]
 */

/** @type {Record<Place['view'], ViewRow>} */
export const views = {
  now: { component: Now, title: () => 'Now' },
  alerts: { component: AlertsView, title: () => 'Alerts', hasFilter: true },
  alert: { component: AlertView, title: ({ params }) => `Alert ${params['id']?.slice(0, 8)}` },
  recordings: { component: RecordingsView, title: () => 'Recordings', hasFilter: true },
  recording: { component: RecordingView, title: ({ params }) => `Recording ${params['id']?.slice(0, 8)}` },
  pods: { component: PodsView, title: () => 'Pods', hasFilter: true },
  pod: { component: PodView, title: ({ params }) => params['pod'] ?? '' },
  settings: { component: SettingsView, title: () => 'Settings' },
  search: { component: SearchView, title: ({ query }) => `Search: ${query['q'] ?? ''}` },
  missing: { component: Missing, title: () => 'No such page' },
};

function Missing() {
  return html`<section aria-labelledby="missing">
    <h2 id="missing">There is no such page</h2>
    <p>The address may be mistyped. <a href="/">What is so now</a>, or search above.</p>
  </section>`;
}
