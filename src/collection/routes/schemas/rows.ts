import { Type } from '@sinclair/typebox';
import { collectionStates } from '../../../book/collection-state.ts';
import { Plan } from '../../../events/data/plan.ts';
import { time } from '../../../http/schemas/common.ts';

const name = Type.String({ description: 'Name of the row.' });
const text = (description: string) => Type.String({ description });

export const RowPage = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        name,
        match: Type.Array(Type.String(), { description: 'Its matchers, as configured.' }),
        collector: text('Name of the collector.'),
        driver: text('Its kind: command, kubectl, jcmd or simulated.'),
        durationSeconds: Type.Number(),
        cooldownSeconds: Type.Number(),
        maxAttempts: Type.Integer(),
        collections: Type.Object(
          Object.fromEntries(collectionStates.map((state) => [state, Type.Integer()])),
          { description: 'How many were requested by a row of this name in the last 24 h, by state.' },
        ),
        lastAt: Type.Optional(time('when the last collection was requested by a row of this name')),
        canRecord: Type.Boolean({
          description: 'False: this process records, and lacks what the row needs.',
        }),
        isChecked: Type.Boolean({
          description: 'False: this process does not record (role collect), so it knows nothing of programs.',
        }),
        problem: Type.Optional(
          text(
            'What is missing and what to do. With `canRecord: true` only the pods of a StatefulSet cannot be found.',
          ),
        ),
      }),
      { description: 'In order: the first row that matches decides.' },
    ),
  },
  { $id: 'RowPage', description: 'The rows of `collections`, as this process has them.' },
);

const place = { kubeContext: Type.String(), namespace: Type.String() };

export const RowMatch = Type.Object(
  {
    row: Type.Optional(text('The first row that matches. Absent: none does.')),
    pod: Type.Optional(
      Type.Object(
        { ...place, pod: Type.String(), sts: Type.Optional(Type.String()) },
        { description: 'The pod that would be recorded.' },
      ),
    ),
    targets: Type.Optional(
      Type.Object(
        { ...place, sts: Type.String() },
        { description: 'The StatefulSet whose pods would be looked for.' },
      ),
    ),
    declined: Type.Optional(
      Type.Object(
        { reason: Type.String(), label: Type.String(), message: Type.String() },
        { description: 'Why nothing would be recorded although a row matches.' },
      ),
    ),
    plan: Type.Optional(Plan),
    because: text('The same as a sentence.'),
    rows: Type.Array(
      Type.Object({
        name,
        matches: Type.Boolean(),
        failed: Type.Optional(text('The first matcher that fails.')),
      }),
      { description: 'Every row, in order.' },
    ),
  },
  { $id: 'RowMatch', description: 'What a firing alert leads to, but for its age and for cooldowns.' },
);
