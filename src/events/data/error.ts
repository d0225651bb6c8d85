import { type Static, Type } from '@sinclair/typebox';

export const EventError = Type.Object(
  {
    code: Type.String({ description: 'For programs. Codes may be added; none gets a second meaning.' }),
    message: Type.String({ description: 'For people. Its text may change.' }),
    exitCode: Type.Optional(Type.Integer({ description: 'Of the collector program.' })),
    stderrTail: Type.Optional(Type.String({ description: 'The end of what it wrote to stderr.' })),
  },
  { description: 'What went wrong.' },
);

export type EventError = Static<typeof EventError>;
