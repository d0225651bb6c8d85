/** What to do while there is nothing to see. */
import { html, useState } from '../preact.js';

const body = (/** @type {string} */ startsAt) =>
  JSON.stringify({
    ...{ version: '4', receiver: 'test', status: 'firing', groupKey: 'test', externalURL: '' },
    ...{ groupLabels: {}, commonLabels: {}, commonAnnotations: {}, truncatedAlerts: 0 },
    alerts: [
      {
        status: 'firing',
        labels: {
          ...{ alertname: 'CrateDBCloudNotResponsive', severity: 'critical' },
          ...{ kube_context: 'test-cluster', namespace: 'test', pod: 'crate-data-hot-test-0' },
        },
        ...{ annotations: { summary: 'A test of the whole path' }, startsAt },
        ...{ endsAt: '0001-01-01T00:00:00Z', generatorURL: '' },
      },
    ],
  });

/** @param {{ hasHistory: boolean }} props */
export function Empty({ hasHistory }) {
  const [copied, setCopied] = useState(false);
  const [startsAt] = useState(() => new Date().toISOString());
  const command = `curl -s ${location.origin}/webhook/alertmanager \\\n  -H 'content-type: application/json' \\\n  -d '${body(startsAt)}'`;
  const copy = () => void navigator.clipboard.writeText(command).then(() => setCopied(true));
  return html`<div class="empty">
    <p>Nothing is being recorded.${!hasHistory && ' No alert has led to a recording yet.'}</p>
    <details open=${!hasHistory}>
      <summary>Send a test alert</summary>
      <p>
        The alert must match a row of the configuration; this one matches the built-in default. Where the
        program is at hand, <code>npx alert-watcher fire not-responsive</code> sends one, too, and${' '}
        <code>npx alert-watcher check CONFIG --alert BODY.json</code> says what any alert would lead to.
      </p>
      <pre tabindex="0" aria-label="Command that sends a test alert"><code>${command}</code></pre>
      ${isSecureContext && html`<button type="button" onClick=${copy}>${copied ? 'Copied' : 'Copy'}</button>`}
    </details>
  </div>`;
}
