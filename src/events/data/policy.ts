import { type Static, Type } from '@sinclair/typebox';
import { Plan } from './plan.ts';

export const PolicyConfigured = Type.Object(
  {
    hash: Type.String({ description: 'sha256, in hex, of the rest as JSON: tells one policy from another.' }),
    rows: Type.Array(
      Type.Object({
        name: Type.String({ description: 'Name of the row.' }),
        match: Type.Array(Type.String(), { description: 'Matchers, all of which have to match.' }),
        plan: Type.Omit(Plan, ['rule'], { description: 'What a matching alert leads to.' }),
      }),
      { description: 'The rows of `collections`: the first that matches counts.' },
    ),
    maxAlertAgeSeconds: Type.Number({ description: 'A firing alert that is older starts no recording.' }),
  },
  { description: 'The intake of a process decides by this policy from now on.' },
);

export type PolicyConfiguredData = Static<typeof PolicyConfigured>;
