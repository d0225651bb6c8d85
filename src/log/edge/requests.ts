import type { Msg } from 'nats';
import { type Connection, requestTimeoutMs } from '../connection.ts';
import { LogUnavailable, toLogError } from '../errors.ts';

/** What begins the subjects on which processes at the edge ask the others: outside `aw.>`, so that no stream stores it. */
const root = 'alert-watcher';

/** The subject on which something is asked, such as `alert-watcher.do.cancel`. */
export function requestSubject(name: string): string {
  return `${root}.${name}`;
}

/** Of all bodies that are answered at once under one name: each may have the server's max_payload, and becomes several times as much. */
const maxBytes = 64 * 1024 * 1024;

/** One message that somebody waits for an answer to. */
export interface NatsRequest {
  /** What the subject has behind the name; empty where the name is the whole. */
  rest: string;
  header: (name: string) => string | undefined;
  body: Uint8Array;
}

export interface AnswerOptions {
  /** `gate.>`, say: as in requestSubject, where `>` stands for the rest. */
  name: string;
  /** So many are answered at once; the next is refused. */
  places: number;
  /** What it resolves to is the answer. Where it throws nobody is answered, and whoever asked gives up after its time. */
  handle: (asked: NatsRequest) => Promise<string | Uint8Array>;
  /** The answer where all places are taken. */
  refusal: string;
  onError: (error: unknown) => void;
}

/** Answers what others ask, each question by one of all the processes that answer. Returns what ends it: it resolves when all are answered. */
export function answerRequests({ nc }: Connection, options: AnswerOptions): () => Promise<void> {
  const { name, places, handle, refusal, onError } = options;
  const running = new Set<Promise<void>>();
  let runningBytes = 0;
  const prefix = requestSubject(name.replace(/>$/, ''));
  const answer = async (message: Msg) => {
    const { subject, headers, data } = message;
    const header = (key: string) => headers?.get(key) || undefined;
    runningBytes += data.length;
    try {
      message.respond(await handle({ rest: subject.slice(prefix.length), header, body: data }));
    } finally {
      runningBytes -= data.length;
    }
  };
  const isFull = ({ data }: Msg) => running.size >= places || runningBytes + data.length > maxBytes;
  const subscription = nc.subscribe(requestSubject(name), {
    queue: root,
    callback: (error, message) => {
      if (error) onError(error);
      else if (isFull(message)) message.respond(refusal);
      else {
        const work = answer(message).catch(onError).finally(() => void running.delete(work)); // prettier-ignore
        running.add(work);
      }
    },
  });
  return async () => {
    subscription.unsubscribe();
    await Promise.all(running);
  };
}

/** Asks one of the processes that answer. Throws LogUnavailable where none does, or not in time. */
export async function ask({ nc }: Connection, name: string, body: unknown): Promise<unknown> {
  const reply = await nc
    .request(requestSubject(name), JSON.stringify(body), { timeout: requestTimeoutMs })
    .catch((error: unknown) => {
      const failure = toLogError(error, 'ask a process with the role intake');
      const isNobody = (error as { code?: string }).code === '503';
      throw isNobody ? new LogUnavailable(nobody, { cause: error }) : failure;
    });
  return reply.json();
}

const nobody =
  'no process with the role intake answers (EDGE): one has to run, and the NATS account of this process has to import alert-watcher.> ' +
  '(deploy/nats/accounts.conf)';
