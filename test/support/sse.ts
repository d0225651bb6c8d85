import { until } from './until.ts';

/** One Server-Sent Event as it came. */
export interface SseEvent {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

/** A client of an event feed: reads as the WHATWG specification says, and can be told to stop reading. */
export interface SseClient {
  status: number;
  headers: Headers;
  events: SseEvent[];
  /** Lines that begin with a colon. */
  comments: string[];
  retryMs: () => number | undefined;
  lastEventId: () => string;
  /** True once the server has ended it. */
  ended: () => boolean;
  whenEvents: (count: number) => Promise<SseEvent[]>;
  close: () => void;
}

export async function openSse(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
  const closing = new AbortController();
  const response = await fetch(url, { headers, signal: closing.signal });
  const events: SseEvent[] = [];
  const comments: string[] = [];
  let lastEventId = '';
  let retryMs: number | undefined;
  let ended = false;
  const take = (block: string) => {
    let type = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
      if (field === '') comments.push(value);
      if (field === 'id') lastEventId = value;
      if (field === 'event') type = value;
      if (field === 'data') data.push(value);
      if (field === 'retry') retryMs = Number(value);
    }
    if (data.length === 0) return;
    const json = JSON.parse(data.join('\n')) as Record<string, unknown>;
    events.push({ id: lastEventId, type, data: json });
  };
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      text += decoder.decode(part as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      blocks.forEach(take);
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => (ended = true));
  return {
    status: response.status,
    headers: response.headers,
    events,
    comments,
    retryMs: () => retryMs,
    lastEventId: () => lastEventId,
    ended: () => ended,
    whenEvents: (count) => until(`${String(count)} events`, () => events.length >= count && events),
    close: () => closing.abort(),
  };
}
