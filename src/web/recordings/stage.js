/**
 * How far a recording under way is.
 *
 * @import { Item, Progress } from '../data/types.ts'
 */
import { duration, relative } from '../parts/time.js';
import { useNow } from '../parts/ui.js';
import { html } from '../preact.js';

/** @param {{ item: Item, progress: Progress }} props */
export function Stage({ item, progress }) {
  const now = useNow();
  const { attempts, plan, lastError } = progress;
  const tries =
    item.state === 'uploading' ? ` ${attempts > 0 ? `${attempts} failed` : ''}` : triesOf(attempts, plan);
  return html`<div class="progress">
    <${Bar} item=${item} progress=${progress} now=${now} />
    <p class="note">
      <span>${sentenceOf(item, progress, now)}</span> <span>${tries}</span>
      ${lastError && html`<span class="error"><bdi>${lastError.message}</bdi></span>`}
    </p>
  </div>`;
}

/** @param {{ item: Item, progress: Progress, now: number }} props */
function Bar({ item, progress: { startedAt, plan }, now }) {
  const label = `${item.state} of ${item.pod}`;
  if (item.state === 'collecting' && startedAt !== undefined && plan) {
    const done = (now - Date.parse(startedAt)) / 1_000;
    // Beyond the duration the collector still writes and hands over.
    if (done < plan.durationSeconds)
      return html`<progress
        aria-label=${label}
        max=${plan.durationSeconds}
        value=${Math.max(done, 0)}
      ></progress>`;
    return html`<progress aria-label=${label}></progress>`;
  }
  if (item.state === 'uploading') return html`<progress aria-label=${label}></progress>`;
  return html`<progress aria-label=${label} max="1" value="0"></progress>`;
}

/**
 * @param {Item} item
 * @param {Progress} progress
 * @param {number} now
 */
function sentenceOf({ state, requestedAt, isWhole }, { startedAt, retryAt, collectedAt, plan }, now) {
  if (!isWhole) return 'reading its log';
  if (retryAt !== undefined) {
    const wait = Date.parse(retryAt) > now ? relative(Date.parse(retryAt), now) : 'now';
    return `next attempt ${wait}`;
  }
  if (state === 'requested') return `waits for its turn for ${duration(now - Date.parse(requestedAt))}`;
  if (state === 'uploading')
    return collectedAt === undefined
      ? 'on its way'
      : `on its way for ${duration(now - Date.parse(collectedAt))}`;
  if (startedAt === undefined || !plan) return 'between attempts';
  const done = Math.max(now - Date.parse(startedAt), 0);
  if (done < plan.durationSeconds * 1_000)
    return `${Math.floor(done / 1_000)} of ${plan.durationSeconds} s recorded`;
  return `${duration(done)}: the collector finishes (at most ${plan.timeoutSeconds} s)`;
}

/**
 * @param {number} attempts
 * @param {Progress['plan']} plan
 */
function triesOf(attempts, plan) {
  return plan && attempts > 1 ? `attempt ${attempts} of ${plan.maxAttempts}` : '';
}
