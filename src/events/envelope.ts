import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler';
import type { TSchema } from '@sinclair/typebox';
import { nanosOf } from './instant.ts';
import { catalogue, type DataOf, type EventType, eventTypes, isEventType } from './catalogue.ts';

/** An event of the given type(s): CloudEvent attributes and data, before or after it is on the stream. */
export type Event<T extends EventType = EventType> = {
  [K in T]: {
    type: K;
    /** ce-id and Nats-Msg-Id. */
    id: string;
    /** ce-time, RFC 3339: when it happened. Machines know no other clock. */
    time: string;
    /** ce-source: `/alert-watcher/<part>`. */
    source: string;
    traceparent?: string;
    data: DataOf<K>;
  };
}[T];

/** What every event has, of whatever type: all that reading, writing and folding need to know. */
export interface AnyEvent {
  type: string;
  id: string;
  time: string;
  source: string;
  traceparent?: string;
  data: object;
}

/** Where an event lies on the stream. */
export interface Stored {
  sequence: number;
  /** JetStream's own time of the message, RFC 3339. "Time" in commands and queries is this one. */
  storedAt: string;
}

/** An event as it lies on the stream. */
export type StoredEvent<T extends EventType = EventType> = Event<T> & Stored;

/** A message as it lies on the stream, whoever put it there. */
export interface StoredMessage {
  subject: string;
  sequence: number;
  /** RFC 3339. */
  storedAt: string;
  header: (name: string) => string | undefined;
  body: Uint8Array;
}

/** Why a message is not an event of the catalogue. */
export interface Unreadable {
  code: 'no-event-type' | 'no-event-id' | 'unknown-event-type' | 'not-json' | 'not-valid' | 'wrong-subject';
  message: string;
}

interface NewEvent {
  /** The part of the service that says it: ingest, intake, collect, upload. */
  part: string;
  /** RFC 3339. */
  time: string;
  /** Id of the event that this one was decided from. */
  causeId?: string;
  traceparent?: string | undefined;
}

/** Makes an event of the catalogue; its id follows from the data and the cause. */
export function createEvent<T extends EventType>(type: T, data: DataOf<T>, about: NewEvent): Event<T> {
  const id = (catalogue[type].id as (data: DataOf<T>, causeId: string) => string)(data, about.causeId ?? '');
  const { part, time, traceparent } = about;
  const event = { type, id, time, source: `/alert-watcher/${part}`, data };
  return traceparent === undefined ? event : { ...event, traceparent };
}

/** The subject that an event belongs on. */
export function subjectOf({ type, data }: AnyEvent): string {
  return (catalogue[type as EventType].subject as (data: unknown) => string)(data);
}

/** CloudEvents 1.0 in NATS binary mode: headers and JSON body. */
export function encodeEvent(event: AnyEvent): {
  subject: string;
  headers: Record<string, string>;
  body: string;
} {
  const subject = subjectOf(event);
  const headers: Record<string, string> = {
    'ce-specversion': '1.0',
    'ce-id': event.id,
    'ce-type': event.type,
    'ce-source': event.source,
    'ce-time': event.time,
    // The aggregate, in the encoding of subjects: header values may hold no line breaks.
    'ce-subject': aggregateOf(subject),
    'content-type': 'application/json',
  };
  if (event.traceparent !== undefined) headers['traceparent'] = event.traceparent;
  return { subject, headers, body: JSON.stringify(event.data) };
}

/** `a/b/c` of `aw.<kind>.a.b.c.<type>` */
function aggregateOf(subject: string): string {
  const from = subject.indexOf('.', 'aw.'.length) + 1;
  return subject.slice(from, subject.lastIndexOf('.')).replaceAll('.', '/');
}

/** Reads a message of the stream; says why where it is not an event of the catalogue. */
export function decodeEvent(message: StoredMessage): StoredEvent | Unreadable {
  const type = message.header('ce-type');
  if (!type) return { code: 'no-event-type', message: 'the message has no ce-type header' };
  if (!isEventType(type))
    return { code: 'unknown-event-type', message: `no event type ${excerpt(type)} is known` };
  const data = parseJson(message.body);
  if (data === undefined) return { code: 'not-json', message: `the body of this ${type} is not JSON` };
  const check = checkOf(type);
  if (!check.Check(data)) {
    const fault = check.Errors(data).First();
    const where = fault ? `${fault.path || '/'}: ${fault.message}` : 'unknown fault';
    return { code: 'not-valid', message: `the body of this ${type} is not valid: ${where}` };
  }
  const id = message.header('ce-id');
  if (!id) return { code: 'no-event-id', message: `this ${type} has no ce-id header` };
  const time = message.header('ce-time') ?? '';
  const event = {
    type,
    id,
    time: nanosOf(time) === undefined ? message.storedAt : time,
    source: message.header('ce-source') ?? '',
    data,
    sequence: message.sequence,
    storedAt: message.storedAt,
  } as StoredEvent;
  const traceparent = message.header('traceparent');
  if (traceparent) event.traceparent = traceparent;
  return onItsSubject(event, message.subject);
}

export function isEvent(read: StoredEvent | Unreadable): read is StoredEvent {
  return 'type' in read;
}

/** True for what a source told of an alert: once for the first time, then again. */
export function isTold<E extends Event>(
  event: E,
): event is Extract<E, { type: 'AlertReceived' | 'AlertRenewed' }> {
  return event.type === 'AlertReceived' || event.type === 'AlertRenewed';
}

/** The JSON Schema (2020-12) of an event's data, as written to `streams/schemas`. */
export function jsonSchemaOf(type: EventType): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: type,
    ...(JSON.parse(JSON.stringify(catalogue[type].data)) as object),
  };
}

// An event of pod A on the subject of pod B would be folded into the wrong machine.
function onItsSubject(event: StoredEvent, subject: string): StoredEvent | Unreadable {
  try {
    if (subjectOf(event) === subject) return event;
  } catch (error) {
    return { code: 'not-valid', message: error instanceof Error ? error.message : String(error) };
  }
  return { code: 'wrong-subject', message: `the data of this ${event.type} belongs on another subject` };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    return undefined;
  }
}

const checks = new Map<EventType, TypeCheck<TSchema>>(
  eventTypes.map((type) => [type, TypeCompiler.Compile(catalogue[type].data as TSchema)]),
);

function checkOf(type: EventType): TypeCheck<TSchema> {
  const check = checks.get(type);
  if (!check) throw new Error(`no schema for ${type}`);
  return check;
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
