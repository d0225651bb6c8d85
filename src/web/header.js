/** The top of the page: where one is, how the service is, and whether what is shown is live. */
import { FindForm } from './find.js';
import { html, useState } from './preact.js';
import { useModel } from './ui.js';

/** @type {Record<string, string>} */
const feedWords = {
  ...{ connecting: 'connecting', live: 'live', reconnecting: 'reconnecting', paused: 'paused' },
};
const feedTitles = {
  connecting: 'The live feed is being opened',
  live: 'Every event appears as it happens',
  reconnecting: 'The service does not answer; what is shown may be old. It catches up by itself.',
  paused: 'In the background for a minute; it catches up when looked at',
};

export function Header() {
  const { feed, health } = useModel();
  const wrong = Object.entries(health.checks).filter(([, result]) => result !== 'ok');
  return html`<header>
    <h1><a href="/">Alert Watcher</a></h1>
    <${FindForm} />
    <div class="status" role="status">
      <span
        class="dot"
        data-is=${healthKind(health.status)}
        title=${wrong.map((each) => each.join(': ')).join('\n') || 'All checks of /ready'}
        >${healthWord(health.status)}</span
      >
      <span
        class="dot"
        data-is=${feed === 'live' ? 'good' : feed === 'reconnecting' ? 'bad' : 'idle'}
        title=${feedTitles[feed]}
        >${feedWords[feed]}</span
      >
    </div>
    <${ThemeChoice} />
    ${
      wrong.length > 0 &&
      html`<ul class="problem checks">
        ${wrong.map(([name, result]) => html`<li><strong>${name}</strong>: <bdi>${result}</bdi></li>`)}
      </ul>`
    }
  </header>`;
}

/** @param {string} status */
function healthWord(status) {
  return status === 'unknown' ? 'asking' : status === 'not-ready' ? 'not ready' : status;
}

/** @param {string} status */
function healthKind(status) {
  return status === 'ready' ? 'good' : status === 'unknown' ? 'idle' : 'bad';
}

function ThemeChoice() {
  const root = document.documentElement;
  const isDark = () =>
    (root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) ===
    'dark';
  const [dark, setDark] = useState(isDark);
  const toggle = () => {
    const theme = dark ? 'light' : 'dark';
    root.dataset['theme'] = theme;
    localStorage.setItem('theme', theme);
    setDark(!dark);
  };
  return html`<button type="button" class="theme" aria-pressed=${dark} onClick=${toggle}>Dark</button>`;
}
