/**
 * The live feed: every event of the stream, in its order, without a gap. A browser comes back by itself and names the last
 * event that it has (Last-Event-ID); where it gives up, the feed is opened again behind that event.
 *
 * @import { FeedEvent, FeedState } from './types.ts'
 */
import { eventTypes } from './contract.js';

/** A tab that nobody looks at gives its connection back: a browser has six of them for one host. */
const hiddenMs = 60_000;
const [firstRetryMs, lastRetryMs] = [500, 10_000];

/**
 * @param {object} options
 * @param {(event: FeedEvent) => void} options.onEvent
 * @param {(state: FeedState) => void} options.onState
 * @param {() => void} options.onFresh the feed begins now: what was before must be loaded
 */
export function openFeed({ onEvent, onState, onFresh }) {
  /** @type {EventSource | undefined} */
  let source;
  let retryMs = firstRetryMs;
  /** Id of the last event; empty where the feed is to begin now. */
  let last = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const open = () => {
    clearTimeout(timer);
    source?.close();
    const isFresh = last === '';
    let isFirst = true;
    const opened = new EventSource(`/api/v1/events${isFresh ? '' : `?after=${last}`}`);
    source = opened;
    opened.addEventListener('open', () => {
      retryMs = firstRetryMs;
      onState('live');
      if (isFresh && isFirst) onFresh();
      isFirst = false;
    });
    opened.addEventListener('error', () => {
      onState('reconnecting');
      // Answered with an error: a browser does not come back from that.
      if (opened.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(retryMs * 2, lastRetryMs);
    });
    // The stream no longer holds, or never held, what comes next.
    opened.addEventListener('gap', onFresh);
    for (const type of eventTypes) {
      opened.addEventListener(type, ({ data, lastEventId }) => {
        last = lastEventId;
        const event = /** @type {unknown} */ (JSON.parse(String(data)));
        onEvent(/** @type {FeedEvent} */ (event));
      });
    }
  };
  const pause = () => {
    source?.close();
    source = undefined;
    // What happened in hours is quicker listed than told.
    last = '';
    onState('paused');
  };

  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(pause, hiddenMs);
    else if (!source || source.readyState === EventSource.CLOSED) open();
  });
  addEventListener('online', () => {
    if (!document.hidden) open();
  });
  open();
}
