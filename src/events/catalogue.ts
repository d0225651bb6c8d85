import type { Static } from '@sinclair/typebox';
import type { Row } from './rows/row.ts';
import { catalogue } from './rows/rows.ts';

export { catalogue };

export type EventType = keyof typeof catalogue;
export type DataOf<T extends EventType> = Static<(typeof catalogue)[T]['data']>;
export type FamilyName = (typeof catalogue)[EventType]['family']['name'];

/** The types of one family. */
export type EventTypeOf<Name extends FamilyName> = {
  [T in EventType]: (typeof catalogue)[T]['family']['name'] extends Name ? T : never;
}[EventType];

/** The types that live under a pod's prefix and are folded by its machine. */
export type CollectionEventType = EventTypeOf<'collection'>;

export const eventTypes = Object.keys(catalogue) as EventType[];

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(catalogue, text);
}

export function isOfFamily<Name extends FamilyName>(type: EventType, name: Name): type is EventTypeOf<Name> {
  return rowOf(type).family.name === name;
}

/** The row of an event type, as what all rows have in common. */
export function rowOf(type: EventType): Row {
  return catalogue[type] as unknown as Row;
}

/** The pattern of its subjects, with {tokens}: `aw.alert.{alertname}.{fingerprint}.{startsAt}.firing.AlertDeclined`. */
export function addressOf(type: EventType): string {
  const { family, fixed = {} } = rowOf(type);
  const tokens = Object.keys(family.tokens).map((token) => fixed[token] ?? `{${token}}`);
  return ['aw', family.name, ...tokens, type].join('.');
}

/** The filter for all events of a type, or for those with the given tokens: `aw.alert.*.*.*.firing.AlertDeclined`. */
export function filterOf(type: EventType, tokens: Readonly<Record<string, string>> = {}): string {
  return addressOf(type).replaceAll(/\{(\w+)\}/g, (_, token: string) => tokens[token] ?? '*');
}

/** Filters that have every event between them, and no timer. */
export function allFilters(): string[] {
  const names = new Set(eventTypes.map((type) => rowOf(type).family.name));
  return [...names].map((name) => `aw.${name}.>`);
}

/** True where the data of such events may name this. */
export function hasField(type: EventType, field: string): boolean {
  const { properties = {} } = rowOf(type).data as { properties?: object };
  return Object.hasOwn(properties, field);
}
