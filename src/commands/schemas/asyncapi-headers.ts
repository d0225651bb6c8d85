import { type EventType, eventTypes, rowOf } from '../../events/catalogue.ts';

const text = (description: string) => ({ type: 'string', description });

const ofTimers = eventTypes.filter((type) => rowOf(type).timer);

/** The headers that all events have: CloudEvents 1.0 in NATS binary mode. Headers of NATS itself (Nats-…) are not among them. */
export const headersSchema = {
  type: 'object',
  required: ['ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-time', 'ce-subject', 'content-type'],
  properties: {
    'ce-specversion': { type: 'string', const: '1.0' },
    'ce-id': text(
      `The same event again has the same id. Also Nats-Msg-Id, but in ${ofTimers.join(' and ')}.`,
    ),
    'ce-type': text('The type of the event.'),
    'ce-source': text('/alert-watcher/ and the part of the service that wrote it.'),
    'ce-time': { ...text('RFC 3339: when it happened, by the clock of who wrote it.'), format: 'date-time' },
    'ce-subject': text('What it is about: the tokens of the subject between family and type, joined by /.'),
    'content-type': { type: 'string', const: 'application/json' },
    traceparent: text('W3C Trace Context; absent in EventRejected and in runs that were redriven.'),
  },
};

/** The headers of one type of event. */
export function headersOf(type: EventType) {
  const sources = rowOf(type).parts.map((part) => `/alert-watcher/${part}`);
  return {
    type: 'object',
    allOf: [
      { $ref: '#/components/schemas/CloudEventHeaders' },
      { properties: { 'ce-type': { const: type }, 'ce-source': { enum: sources } } },
    ],
  };
}
