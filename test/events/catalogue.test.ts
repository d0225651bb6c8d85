import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventTypes } from '../../src/events/catalogue.ts';
import { decodeEvent, encodeEvent, isEvent, jsonSchemaOf } from '../../src/events/envelope.ts';

interface Golden {
  subject: string;
  headers: Record<string, string>;
  body: unknown;
}

const golden = (type: string, folder = 'events') =>
  JSON.parse(readFileSync(new URL(`../fixtures/${folder}/${type}.json`, import.meta.url), 'utf8')) as Golden;
const messageOf = ({ subject, headers, body }: Golden, text = JSON.stringify(body)) => ({
  subject,
  sequence: 7,
  storedAt: '2026-11-20T19:10:40.000Z',
  header: (name: string) => headers[name],
  body: new TextEncoder().encode(text),
});

describe.each(eventTypes)('%s', (type) => {
  it('is read from its golden file as it was written then', () => {
    const event = decodeEvent(messageOf(golden(type)));
    if (!isEvent(event)) throw new Error(event.message);
    expect(event.type).toBe(type);
    const { subject, headers, body } = encodeEvent(event);
    expect({ subject, headers, body: JSON.parse(body) as unknown }).toEqual(golden(type));
  });

  it('is read with fields that a later version added', () => {
    const { body, ...rest } = golden(type);
    const event = decodeEvent(messageOf({ ...rest, body: { ...(body as object), addedLater: 1 } }));
    expect(isEvent(event)).toBe(true);
  });

  it('has its schema in streams/schemas, written by `npm run schemas`', () => {
    const file = new URL(`../../streams/schemas/${type}.json`, import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(jsonSchemaOf(type))));
  });
});

it.each(['JfrCollected', 'Uploaded'])('%s is read with what a crash left', (type) => {
  const wanted = golden(type, 'events-of-a-crash');
  const event = decodeEvent(messageOf(wanted));
  if (!isEvent(event)) throw new Error(event.message);
  const { subject, headers, body } = encodeEvent(event);
  expect({ subject, headers, body: JSON.parse(body) as unknown }).toEqual(wanted);
});

it.each(['CollectionRequested', 'CollectionAttemptStarted', 'CollectionAttemptFailed', 'JfrCollected'])(
  '%s is read with what collectors are given and say of their programs',
  (type) => {
    const wanted = golden(type, 'events-of-collectors');
    const event = decodeEvent(messageOf(wanted));
    if (!isEvent(event)) throw new Error(event.message);
    const { subject, headers, body } = encodeEvent(event);
    expect({ subject, headers, body: JSON.parse(body) as unknown }).toEqual(wanted);
  },
);

it('has no golden file and no schema but those of its events', () => {
  const names = eventTypes.map((type) => `${type}.json`).sort();
  expect(readdirSync(new URL('../fixtures/events/', import.meta.url)).sort()).toEqual(names);
  expect(readdirSync(new URL('../../streams/schemas/', import.meta.url)).sort()).toEqual(names);
});

describe('a message that is no event', () => {
  const good = golden('JfrCollected');
  const without = (name: string) => ({ ...good, headers: { ...good.headers, [name]: '' } });
  it.each([
    ['has no type', messageOf(without('ce-type')), 'no-event-type'],
    ['has no id', messageOf(without('ce-id')), 'no-event-id'],
    [
      'has a type of the future',
      messageOf({ ...good, headers: { 'ce-type': 'Teleported' } }),
      'unknown-event-type',
    ],
    [
      'has a type that is a word of JavaScript',
      messageOf({ ...good, headers: { 'ce-type': 'constructor' } }),
      'unknown-event-type',
    ],
    ['is not JSON', messageOf(good, '{'), 'not-json'],
    ['is not UTF-8', { ...messageOf(good), body: new Uint8Array([0x22, 0xff, 0x22]) }, 'not-json'],
    ['has data of another shape', messageOf({ ...good, body: { collectionId: 7 } }), 'not-valid'],
    [
      'lies under another pod',
      messageOf({ ...good, subject: 'aw.collection.a.b.c.JfrCollected' }),
      'wrong-subject',
    ],
  ])('says so where it %s', (_, message, code) => {
    expect(decodeEvent(message)).toMatchObject({ code });
  });
});
