import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { catalogue, type DataOf, type EventType, eventTypes } from '../../events/catalogue.ts';
import { type ProblemCode, problems } from '../problem.ts';

/** Names a schema that the server knows by its id: it stands in the document once. */
export function refTo<T extends TSchema>({ $id = '' }: T) {
  return Type.Unsafe<Static<T>>({ $ref: `${$id}#` });
}

export const time = (description: string) =>
  Type.String({ format: 'date-time', description: `RFC 3339: ${description}.` });
export const sequence = (description: string) => Type.Integer({ minimum: 0, description });
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Problem = Type.Object(
  {
    type: Type.String({ description: '`urn:problem-type:alert-watcher:` and the code.' }),
    status: Type.Integer({ description: 'The HTTP status.' }),
    code: Type.Union(
      (Object.keys(problems) as ProblemCode[]).map((code) => Type.Literal(code)),
      { description: 'For programs. None gets a second meaning.' },
    ),
    title: Type.String({ description: 'The same for people.' }),
    detail: Type.String({ description: 'What is wrong with this request. Its text may change.' }),
    requestId: Type.String({ description: 'That of `x-request-id`, and of lines in the log.' }),
    in: Type.Optional(
      Type.String({ description: 'The part of the request at fault: body, querystring, params, headers.' }),
    ),
    path: Type.Optional(Type.String({ description: 'JSON pointer to what is at fault there.' })),
  },
  {
    $id: 'Problem',
    description: 'Problem details (RFC 9457). Some codes have further members.',
    additionalProperties: true,
  },
);

/** The data of each event, as in streams/schemas. */
export const eventSchemas = eventTypes.map((type) => ({
  ...catalogue[type].data,
  $id: type,
}));

const eventOf = (type: EventType) =>
  Type.Object({
    id: Type.String({ description: 'Derived: the same event has the same id everywhere.' }),
    type: Type.Literal(type),
    time: time('when it happened'),
    data: Type.Unsafe<DataOf<EventType>>({ $ref: `${type}#` }),
  });

/** An event that has just been appended. */
export const NewEvent = Type.Union(eventTypes.map(eventOf), { $id: 'NewEvent', description: 'An event.' });
export const StoredEvent = Type.Union(
  eventTypes.map((type) =>
    Type.Object({ sequence: sequence('Stream sequence.'), ...eventOf(type).properties }),
  ),
  { $id: 'StoredEvent', description: 'An event of the stream.' },
);
export const FeedEvent = Type.Union(
  eventTypes.map((type) =>
    Type.Object({
      ...{
        sequence: sequence('Stream sequence.'),
        subject: Type.String({ description: 'Subject in NATS.' }),
      },
      ...eventOf(type).properties,
      storedAt: time('when the stream took it'),
      source: Type.String({ description: 'The part of the service that says it.' }),
      traceparent: Type.Optional(Type.String({ description: 'W3C trace context.' })),
    }),
  ),
  { $id: 'FeedEvent', description: '`data` of a message of the event feed.' },
);

/** What a route answers where it does not succeed, by status. Every route may answer 500. */
export function problemAnswers(...codes: ProblemCode[]): Record<number, object> {
  const byStatus: Partial<Record<number, ProblemCode[]>> = {};
  for (const code of [...codes, 'internal' as const]) (byStatus[problems[code].status] ??= []).push(code);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, each = []]) => [
      status,
      {
        description: each.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: refTo(Problem) } },
      },
    ]),
  );
}

/** An answer with a body of JSON. */
export function jsonAnswer(description: string, schema: TSchema): object {
  return { description, content: { 'application/json': { schema } } };
}
