import { byHandSource } from '../../events/data/alert.ts';
import { createEvent, decodeEvent, type Event, isEvent, isTold, subjectOf } from '../../events/envelope.ts';
import { idOfAlert } from '../../events/ids.ts';
import { nanosOf } from '../../events/instant.ts';
import { silenceScheduleSubject } from '../../events/subjects.ts';
import { append, type Expectation, schedule } from '../write/append.ts';
import type { Connection } from '../connection.ts';
import { streamName } from '../streams/definitions.ts';
import { LogUnavailable, MessageTooLarge, WrongLastSequence } from '../errors.ts';
import { answerRequests, type NatsRequest } from './requests.ts';

/** So many at once: a message waits no longer than one write. */
const places = 2_048;
const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const timer = /^@at (\S+)$/;

/**
 * Takes over onto the stream what processes at the edge publish: what was told of alerts, and whether sources are heard. They
 * may have been taken over themselves, so that nothing of a message goes further but the data of its event and what was
 * expected of the stream: no header of NATS, which could purge, delay or redirect, and no other type. The answer is what
 * the server says of the write, so that who publishes needs to know of no gate. Returns what closes it.
 */
export function openGate(connection: Connection, onError: (error: unknown) => void): () => Promise<void> {
  return answerRequests(connection, {
    ...{ name: 'gate.>', places, onError },
    handle: (asked) => takeOver(connection, asked),
    refusal: refused(503, 'too much is on its way'),
  });
}

async function takeOver(connection: Connection, asked: NatsRequest): Promise<string> {
  const read = readAsked(asked);
  if (typeof read === 'string') return refused(400, read);
  try {
    if (read.at !== undefined) {
      await schedule(connection, { subject: asked.rest, at: read.at, event: read.event });
      return JSON.stringify({ stream: streamName });
    }
    const deduplicate = asked.header('Nats-Msg-Id') !== undefined;
    const { sequence, duplicate } = await append(connection, read.event, read.expectation, { deduplicate });
    return JSON.stringify({ stream: streamName, seq: sequence, ...(duplicate ? { duplicate } : {}) });
  } catch (error) {
    return answerTo(error);
  }
}

interface Read {
  event: Event;
  expectation?: Expectation;
  /** Set: it is a timer for then, RFC 3339. */
  at?: string;
}

/** What may be taken over of a message; or why it is not. */
function readAsked({ rest: subject, header, body }: NatsRequest): Read | string {
  const isTimer = subject.startsWith('aw.schedule.');
  const target = isTimer ? (header('Nats-Schedule-Target') ?? '') : subject;
  const event = decodeEvent({
    subject: target,
    sequence: 0,
    storedAt: new Date().toISOString(),
    header,
    body,
  });
  if (!isEvent(event)) return event.message;
  const made = madeAnew(event);
  if (!made) return `${event.type} is not told by processes at the edge`;
  if (made.id !== event.id || subjectOf(made) !== target) return `the id of this ${event.type} does not follow from its data`; // prettier-ignore
  if (!isTimer) {
    if (made.type === 'SourceSilent') return 'a silence is told by its timer';
    const expectation = expectationOf(header);
    return { event: made, ...(expectation ? { expectation } : {}) };
  }
  const [, at = ''] = timer.exec(header('Nats-Schedule') ?? '') ?? [];
  if (made.type !== 'SourceSilent' || subject !== silenceScheduleSubject(made.data.source) || nanosOf(at) === undefined)
    return 'this is no timer of a source'; // prettier-ignore
  return { event: made, at };
}

/** The event as this process would make it of its data; undefined where the edge does not tell such. */
function madeAnew(event: Event): Event | undefined {
  const about = {
    ...{ part: 'ingest', time: event.time },
    ...(traceparent.test(event.traceparent ?? '') ? { traceparent: event.traceparent } : {}),
  };
  // What is asked for by hand is decided where it is asked for.
  if (isTold(event) && event.data.source === byHandSource) return undefined;
  switch (event.type) {
    case 'AlertReceived':
      return createEvent(event.type, event.data, about);
    case 'AlertRenewed':
      return event.data.alertId === idOfAlert(event.data)
        ? createEvent(event.type, event.data, about)
        : undefined;
    case 'SourceHeard':
      return createEvent(event.type, event.data, about);
    case 'SourceSilent':
      return createEvent(event.type, event.data, about);
    default:
      return undefined;
  }
}

function expectationOf(header: NatsRequest['header']): Expectation | undefined {
  const lastSequence = header('Nats-Expected-Last-Subject-Sequence');
  const filter = header('Nats-Expected-Last-Subject-Sequence-Subject');
  if (lastSequence === undefined || !/^\d{1,15}$/.test(lastSequence)) return undefined;
  return { lastSequence: Number(lastSequence), ...(filter === undefined ? {} : { filter }) };
}

/** As the server would have said it to who published. */
function answerTo(error: unknown): string {
  if (error instanceof WrongLastSequence)
    return refused(400, `wrong last sequence${error.actual === undefined ? '' : `: ${String(error.actual)}`}`, 10071); // prettier-ignore
  if (error instanceof MessageTooLarge) return refused(400, error.message, 10054);
  if (error instanceof LogUnavailable) return refused(503, error.message);
  throw error;
}

function refused(code: number, description: string, errorCode = 0): string {
  return JSON.stringify({ error: { code, err_code: errorCode, description } });
}
