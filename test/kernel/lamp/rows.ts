import { type Static, Type } from '@sinclair/typebox';
import { decidedIdOf } from '../../../src/events/ids.ts';
import { encodeToken } from '../../../src/events/subjects.ts';
import { define, type Family } from '../../../src/events/rows/row.ts';

// The rows of a feature that is there for the tests of the kernel alone: lamps, whose bulbs are ordered, tried and burn out.

const family: Family<'lamp'> = {
  name: 'lamp',
  tokens: { house: { description: 'The house.' }, lamp: { description: 'The lamp in it.' } },
};

export interface LampKey {
  house: string;
  lamp: string;
}

export const lampSubject = ({ house, lamp }: LampKey) => `aw.lamp.${encodeToken(house)}.${encodeToken(lamp)}`;

const of = { house: Type.String(), lamp: Type.String(), bulb: Type.Integer({ minimum: 1 }) };
const Ordered = Type.Object(of);
const Tried = Type.Object({
  ...of,
  attempt: Type.Integer({ minimum: 1 }),
  lit: Type.Boolean(),
  retryAt: Type.Optional(Type.String()),
});
const Burnt = Type.Object(of);

export const lampRows = {
  LampOrdered: define({
    ...{ family, parts: ['lamp'], data: Ordered },
    subject: (data) => `${lampSubject(data)}.LampOrdered`,
    id: ({ bulb }, causeId) => decidedIdOf(`${causeId}/${String(bulb)}`, 'LampOrdered'),
  }),
  LampTried: define({
    ...{ family, parts: ['lamp'], data: Tried },
    subject: (data) => `${lampSubject(data)}.LampTried`,
    id: ({ house, lamp, bulb, attempt }) => `${house}/${lamp}/${String(bulb)}/${String(attempt)}/LampTried`,
  }),
  LampBurnt: define({
    ...{ family, parts: ['lamp'], timer: 'replaced', data: Burnt },
    subject: (data) => `${lampSubject(data)}.LampBurnt`,
    id: ({ house, lamp, bulb }) => `${house}/${lamp}/${String(bulb)}/LampBurnt`,
  }),
} as const;

/** An event of a lamp, as the kernel takes any. */
export type LampEvent = {
  [T in keyof typeof lampRows]: {
    type: T;
    id: string;
    time: string;
    source: string;
    traceparent?: string;
    data: Static<(typeof lampRows)[T]['data']>;
  };
}[keyof typeof lampRows];
