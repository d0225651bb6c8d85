import { type Static, Type } from '@sinclair/typebox';
import { argv } from './fields.ts';

export const EventError = Type.Object(
  {
    code: Type.String({ description: 'For programs. Codes may be added; none gets a second meaning.' }),
    message: Type.String({ description: 'For people. Its text may change.' }),
    exitCode: Type.Optional(Type.Integer({ description: 'Of the collector program.' })),
    stderrTail: Type.Optional(Type.String({ description: 'The end of what it wrote to stderr.' })),
    argv: Type.Optional(argv('The command line of the program that failed.')),
  },
  { description: 'What went wrong.' },
);

export type EventError = Static<typeof EventError>;
