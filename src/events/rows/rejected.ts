import { Type } from '@sinclair/typebox';
import { EventError } from '../data/error.ts';
import { rejectedSubject } from '../subjects.ts';
import { define, type Family } from './row.ts';

const family: Family<'rejected'> = {
  name: 'rejected',
  tokens: {
    consumer: { description: 'The durable consumer that could not handle a message.' },
    sequence: { description: 'Stream sequence of this message.' },
  },
};

const EventRejected = Type.Object(
  {
    consumer: Type.String({ description: 'The durable consumer that could not handle it.' }),
    sequence: Type.Integer({ description: 'Stream sequence of the message.' }),
    subject: Type.String({ description: 'Subject of the message.' }),
    deliveries: Type.Integer({ description: 'How often it was delivered.' }),
    error: EventError,
  },
  { description: 'A message that could not be read or handled. It blocks nothing; it stays in the stream.' },
);

/** Messages that a durable consumer could not handle. */
export const rejectedRows = {
  EventRejected: define({
    ...{ family, parts: ['intake', 'collect', 'upload'], data: EventRejected },
    subject: ({ consumer, sequence }) => rejectedSubject(consumer, sequence),
    id: ({ consumer, sequence }) => `${String(sequence)}/${consumer}/EventRejected`,
  }),
} as const;
