import type { JsonSchema } from '../../src/commands/schemas/json-schema.ts';

/** Whom a change of an event's schema leaves behind, a sentence for each reason. Both empty: it breaks nothing. */
export interface Breaks {
  /** Why an event of the past may be invalid under the new schema. */
  storedEvents: string[];
  /** Why a subscriber that was written against the old schema may not be able to read what is written now. */
  subscribers: string[];
}

/**
 * Compares two schemas of the subset that the catalogue makes use of; throws where one has another keyword. Fields that a
 * schema does not name are ignored, as subscribers ignore them. A field that is gone breaks subscribers, an optional one too.
 */
export function breaksOf(published: JsonSchema, current: JsonSchema): Breaks {
  return {
    storedEvents: misfits(published, current, ''),
    subscribers: [...misfits(current, published, ''), ...goneFrom(published, current, '')],
  };
}

/** Why a value that is valid under `given` may be invalid under `wanted`. */
function misfits(given: JsonSchema, wanted: JsonSchema, path: string): string[] {
  assertKnown(given);
  assertKnown(wanted);
  if (given.anyOf) return given.anyOf.flatMap((variant) => misfits(variant, wanted, path));
  if (wanted.anyOf) {
    const fits = wanted.anyOf.some((variant) => misfits(given, variant, path).length === 0);
    return fits ? [] : [`${at(path)} may be ${inWords(given)}, which is none of ${inWords(wanted)}`];
  }
  const isSameType = given.type === wanted.type || (given.type === 'integer' && wanted.type === 'number');
  const isNarrower = wanted.const !== undefined && wanted.const !== given.const;
  if (!isSameType || isNarrower) return [`${at(path)} is ${inWords(given)} and not ${inWords(wanted)}`];
  const { minimum = -Infinity } = given;
  if (wanted.minimum !== undefined && minimum < wanted.minimum) {
    return [`${at(path)} may be below ${String(wanted.minimum)}`];
  }
  if (given.items && wanted.items) return misfits(given.items, wanted.items, `${path}[]`);
  return [...misfitsOfFields(given, wanted, path), ...misfitsOfRecord(given, wanted, path)];
}

function misfitsOfFields(given: JsonSchema, wanted: JsonSchema, path: string): string[] {
  const always = given.required ?? [];
  const absent = (wanted.required ?? []).filter((name) => !always.includes(name));
  const different = Object.entries(wanted.properties ?? {}).flatMap(([name, field]) => {
    const own = given.properties?.[name];
    return own ? misfits(own, field, within(path, name)) : [];
  });
  return [...absent.map((name) => `${at(within(path, name))} may be absent`), ...different];
}

function misfitsOfRecord(given: JsonSchema, wanted: JsonSchema, path: string): string[] {
  const [givenNames, givenValue] = recordOf(given);
  const [wantedNames, wantedValue] = recordOf(wanted);
  if (givenNames !== wantedNames) return [`${at(path)} has other names: ${inWords(given)}`];
  return givenValue && wantedValue ? misfits(givenValue, wantedValue, `${path}{}`) : [];
}

/** The fields that a schema has no more. */
function goneFrom(published: JsonSchema, current: JsonSchema, path: string): string[] {
  const fields = Object.entries(published.properties ?? {}).flatMap(([name, field]) => {
    const now = current.properties?.[name];
    return now ? goneFrom(field, now, within(path, name)) : [`${at(within(path, name))} is gone`];
  });
  const variants = (published.anyOf ?? []).flatMap((variant) => {
    const same = (current.anyOf ?? []).filter((each) => tagOf(each) === tagOf(variant));
    const reasons = same.map((now) => goneFrom(variant, now, path));
    return reasons.find(({ length }) => length === 0) ?? reasons[0] ?? [];
  });
  const items = published.items && current.items ? goneFrom(published.items, current.items, `${path}[]`) : [];
  return [...fields, ...variants, ...items];
}

/** What tells one shape of a union from another: its constants. */
function tagOf({ const: value, properties = {} }: JsonSchema): string {
  const constants = Object.entries(properties).map(([name, field]) => [name, field.const]);
  return JSON.stringify([value, constants.filter(([, constant]) => constant !== undefined)]);
}

function recordOf({ patternProperties = {} }: JsonSchema): [] | [string, JsonSchema] {
  return Object.entries(patternProperties)[0] ?? [];
}

const keywords = new Set(
  '$schema title description type const minimum anyOf items properties required patternProperties'.split(' '),
);

function assertKnown(schema: JsonSchema): void {
  const unknown = Object.keys(schema).find((keyword) => !keywords.has(keyword));
  if (unknown !== undefined) throw new Error(`teach the comparison of schemas the keyword ${unknown}`);
}

function inWords({ type, const: value, anyOf }: JsonSchema): string {
  if (anyOf) return anyOf.map(inWords).join(' | ');
  return value === undefined ? (type ?? 'anything') : JSON.stringify(value);
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function at(path: string): string {
  return path === '' ? 'the data' : path;
}
