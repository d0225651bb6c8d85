import { type TSchema, Type } from '@sinclair/typebox';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/commands/schemas/json-schema.ts';
import { type Breaks, breaksOf } from '../support/schema-changes.ts';
import { changed, schemas, valuesOf } from '../support/schema-values.ts';

const plain = (schema: TSchema) => JSON.parse(JSON.stringify(schema)) as JsonSchema;
const literals = (...values: string[]) => Type.Union(values.map((value) => Type.Literal(value)));
const before = {
  name: Type.String(),
  attempts: Type.Integer({ minimum: 0 }),
  stage: literals('collect', 'upload'),
  labels: Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.String()),
  note: Type.Optional(Type.String()),
  list: Type.Array(Type.Object({ code: Type.String() })),
  place: Type.Union([
    Type.Object({ type: Type.Literal('s3'), bucket: Type.String(), prefix: Type.Optional(Type.String()) }),
    Type.Object({ type: Type.Literal('object-store') }),
  ]),
};
const { place, ...rest } = before;
const changeTo = (fields: Record<string, TSchema>): Breaks =>
  breaksOf(plain(Type.Object(before)), plain(Type.Object(fields)));

describe('breaks nothing:', () => {
  it.each<[string, Record<string, TSchema>]>([
    ['no change', before],
    ['another description', { ...before, name: Type.String({ description: 'new' }) }],
    ['an optional field', { ...before, reason: Type.Optional(Type.String()) }],
    ['an optional field within a list', { ...before, list: Type.Array(Type.Object({ code: Type.String(), n: Type.Optional(Type.Integer()) })) }],
    ['the words of a list in another order', { ...before, stage: literals('upload', 'collect') }],
  ])('%s', (_, fields) => {
    expect(changeTo(fields)).toEqual({ storedEvents: [], subscribers: [] });
  }); // prettier-ignore
});

describe('breaks stored events:', () => {
  it.each<[string, Record<string, TSchema>, string]>([
    ['a new required field', { ...before, reason: Type.String() }, 'reason may be absent'],
    ['a field that becomes required', { ...before, note: Type.String() }, 'note may be absent'],
    ['another type', { ...before, name: Type.Integer() }, 'name is string and not integer'],
    ['a higher minimum', { ...before, attempts: Type.Integer({ minimum: 1 }) }, 'attempts may be below 1'],
    ['a word less', { ...before, stage: literals('collect') }, 'stage is "upload" and not "collect"'],
    ['a shape less', { ...rest, place: place.anyOf[1] }, 'place.type is "s3" and not "object-store"'],
  ])('%s', (_, fields, reason) => {
    expect(changeTo(fields).storedEvents).toEqual([reason]);
  });
});

describe('breaks subscribers:', () => {
  const { name: _name, ...unnamed } = before;
  const { note: _note, ...unnoted } = before;
  it.each<[string, Record<string, TSchema>, string[]]>([
    ['a required field that is gone', unnamed, ['name may be absent', 'name is gone']],
    ['an optional field that is gone', unnoted, ['note is gone']],
    ['a field that becomes optional', { ...before, name: Type.Optional(Type.String()) }, ['name may be absent']],
    ['an integer that becomes a number', { ...before, attempts: Type.Number({ minimum: 0 }) }, ['attempts is number and not integer']],
    ['a minimum that is gone', { ...before, attempts: Type.Integer() }, ['attempts may be below 0']],
    ['a word more', { ...before, stage: literals('collect', 'upload', 'verify') }, ['stage may be "verify", which is none of "collect" | "upload"']],
    ['other values of a record', { ...before, labels: Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.Integer()) }, ['labels{} is integer and not string']],
    ['a record that becomes an object', { ...before, labels: Type.Object({}) }, ['labels has other names: object']],
    ['another type within a list', { ...before, list: Type.Array(Type.Object({ code: Type.Integer() })) }, ['list[].code is integer and not string']],
    ['a shape more', { ...before, place: Type.Union([...place.anyOf, Type.Object({ type: Type.Literal('gcs') })]) }, ['place may be object, which is none of object | object']],
    ['a field of one shape that is gone', { ...before, place: Type.Union([Type.Object({ type: Type.Literal('s3'), bucket: Type.String() }), place.anyOf[1]]) }, ['place.prefix is gone']],
  ])('%s', (_, fields, reasons) => {
    expect(changeTo(fields).subscribers).toEqual(reasons);
  }); // prettier-ignore
});

it('a keyword that the comparison does not know is an error and no silence', () => {
  const withPattern = { type: 'string', pattern: '^a' } as JsonSchema;
  expect(() => breaksOf({ type: 'string' }, withPattern)).toThrow('the keyword pattern');
});

const isValid = (schema: JsonSchema, value: unknown) => new Ajv2020().validate(schema, value);
const pairs = schemas.chain((old) => fc.tuple(fc.constant(old), changed(old)));

it('where it finds nothing for stored events, the new schema takes every value of the old one', () => {
  fc.assert(
    fc.property(pairs, fc.gen(), ([old, now], generate) => {
      fc.pre(breaksOf(old, now).storedEvents.length === 0);
      expect(isValid(now, generate(valuesOf, old))).toBe(true);
    }),
  );
});

it('where it finds nothing for subscribers, the old schema takes every value of the new one', () => {
  fc.assert(
    fc.property(pairs, fc.gen(), ([old, now], generate) => {
      fc.pre(breaksOf(old, now).subscribers.length === 0);
      expect(isValid(old, generate(valuesOf, now))).toBe(true);
    }),
  );
});

it('no schema breaks itself', () => {
  fc.assert(
    fc.property(schemas, (schema) => {
      expect(breaksOf(schema, schema)).toEqual({ storedEvents: [], subscribers: [] });
    }),
  );
});
