import { setTimeout as delay } from 'node:timers/promises';
import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import type { Connection } from '../../log/connection.ts';
import { streamName } from '../../log/streams/definitions.ts';
import { follow } from '../../log/consume/follow.ts';
import { DemoFailed } from './failed.ts';
import type { Screen } from './screen.ts';
import { sentenceOf } from '../../features.ts';

export interface DemoStreamOptions {
  connection: Connection;
  screen: Screen;
  signal: AbortSignal;
  /** Milliseconds since 1970: what the times of events are shown relative to. */
  postedAt: number;
  durationSeconds: number;
  /** What goes on in an attempt, in a word or two. */
  activity: string;
  /** What the service has logged as a warning or worse. */
  complaints: () => string[];
}

const patienceSeconds = 50;

/**
 * Shows every event of the stream as it lands, until the recording is at its destination. Throws DemoFailed where it
 * came to nothing, and where it takes too long.
 */
export async function followToEnd(options: DemoStreamOptions): Promise<StoredEvent<'Uploaded'>> {
  const { connection, screen, signal } = options;
  const end = Promise.withResolvers<StoredEvent<'Uploaded'>>();
  const progress = createProgress(options);
  const over = new AbortController();
  let last = 'nothing';

  const apply = (message: StoredMessage) => {
    // Timers and probes: no facts.
    if (message.subject.startsWith('aw.schedule.')) return;
    const event = decodeEvent(message);
    const after = (millisOf(message.storedAt) - options.postedAt) / 1_000;
    last = isEvent(event) ? event.type : 'an unreadable message';
    if (!isEvent(event)) {
      screen.event(after, 'unreadable', event.message);
      return;
    }
    progress.see(event);
    screen.event(after, event.type, sentenceOf(event));
    if (event.type === 'Uploaded') end.resolve(event);
    if (event.type === 'CollectionFailed')
      end.reject(new DemoFailed(`the collection failed: ${event.data.error.message}`));
  };
  const tooLate = delay(patienceSeconds * 1_000, undefined, {
    signal: AbortSignal.any([signal, over.signal]),
  }).then(() => {
    const what = `no recording within ${String(patienceSeconds)} s; the last event was ${last}`;
    throw new DemoFailed([what, ...options.complaints().map((line) => `  the service: ${line}`)].join('\n'));
  });
  const onInterrupted = () => screen.warn('reading the stream was interrupted; it goes on');
  const follower = await follow(connection, streamName, { filter: 'aw.>', apply, onInterrupted });
  try {
    return await Promise.race([end.promise, tooLate]);
  } finally {
    over.abort();
    progress.stop();
    await follower.stop();
  }
}

/** Counts the seconds of an attempt under way. */
function createProgress({ screen, durationSeconds, activity }: DemoStreamOptions) {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    screen.endProgress();
  };
  const start = () => {
    let seconds = 0;
    timer = setInterval(() => {
      seconds += 1;
      // Once is enough: taking the file out is quick, or fails.
      if (seconds > durationSeconds) clearInterval(timer);
      const done = `${String(Math.min(seconds, durationSeconds))} of ${String(durationSeconds)} s`;
      screen.progress(`${activity}: ${done}${seconds > durationSeconds ? ', waiting for the file' : ''}`);
    }, 1_000);
  };
  const see = ({ type }: StoredEvent) => {
    if (type === 'CollectionAttemptStarted') start();
    if (['JfrCollected', 'CollectionAttemptFailed', 'CollectionFailed'].includes(type)) stop();
  };
  return { see, stop };
}
