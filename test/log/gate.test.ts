import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertReceivedData } from '../../src/events/data/alert.ts';
import { createEvent, encodeEvent, type Event } from '../../src/events/envelope.ts';
import { idOfAlert } from '../../src/events/ids.ts';
import { silenceScheduleSubject } from '../../src/events/subjects.ts';
import { append, schedule } from '../../src/log/write/append.ts';
import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { LogUnavailable, WrongLastSequence } from '../../src/log/errors.ts';
import { openGate } from '../../src/log/edge/gate.ts';
import { lastMessage } from '../../src/log/read.ts';
import { type NatsWithAccounts, startWithAccounts } from '../support/nats-accounts.ts';

let nats: NatsWithAccounts;
let admin: Connection;
let ingest: Connection;
let close: () => Promise<void>;
const errors: unknown[] = [];

beforeAll(async () => {
  nats = await startWithAccounts();
  admin = await nats.as('admin');
  ingest = await nats.as('ingest');
  const intake = await nats.as('intake');
  close = openGate(intake, (error) => errors.push(error));
  // The server knows of its subscriptions by then: whoever publishes before that is told that nobody answers.
  await intake.nc.flush();
});
afterAll(async () => {
  await close();
  await nats.stop();
  expect(errors).toEqual([]);
});

const time = '2026-11-20T18:31:30.000Z';
const about = { part: 'ingest', time };
const dataOf = (fingerprint: string, changes: Partial<AlertReceivedData> = {}): AlertReceivedData => ({
  ...{ source: 'alertmanager', receiver: 'r', groupKey: 'g', status: 'firing', annotations: {} },
  ...{ labels: { alertname: 'A' }, startsAt: '2026-11-20T18:31:29Z', generatorURL: '', externalURL: '' },
  ...{ fingerprint, receivedAt: time },
  ...changes,
});
const alert = (fingerprint: string, changes?: Partial<AlertReceivedData>) =>
  createEvent('AlertReceived', dataOf(fingerprint, changes), about);
const silence = (source: string) =>
  createEvent('SourceSilent', { source, since: time, silenceSeconds: 60 }, about);
const stored = (event: Event) => lastMessage(admin, streamName, encodeEvent(event).subject);

describe('through the gate', () => {
  it('an alert is stored as it was published, once, and the publisher learns what the server says', async () => {
    const event = { ...alert('once'), traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    const { sequence, duplicate } = await append(ingest, event, { lastSequence: 0 });
    expect(duplicate).toBe(false);
    const message = await stored(event);
    expect(message?.sequence).toBe(sequence);
    const { headers, body } = encodeEvent(event);
    expect(Object.fromEntries(Object.keys(headers).map((name) => [name, message?.header(name)]))).toEqual(headers); // prettier-ignore
    expect(Buffer.from(message?.body ?? []).toString()).toBe(body);
    expect(await append(ingest, event)).toEqual({ sequence, duplicate: true });
    const again = append(ingest, event, { lastSequence: 0 }, { deduplicate: false });
    await expect(again).rejects.toMatchObject({ actual: sequence });
    await expect(again).rejects.toBeInstanceOf(WrongLastSequence);
  });

  it('the timer of a source is set, moved, and goes off', async () => {
    const subject = silenceScheduleSubject('prometheus');
    const event = silence('prometheus');
    await schedule(ingest, { subject, at: '2099-01-01T00:00:00Z', event });
    const timer = await lastMessage(admin, streamName, subject);
    expect(timer?.header('Nats-Schedule')).toBe('@at 2099-01-01T00:00:00Z');
    expect(timer?.header('Nats-TTL')).toBe('never');
    await schedule(ingest, { subject, at: '2099-02-02T00:00:00Z', event });
    const moved = await lastMessage(admin, streamName, subject);
    expect(moved?.header('Nats-Schedule')).toBe('@at 2099-02-02T00:00:00Z');
  });

  it('no header goes but those of the event', async () => {
    const event = alert('headers');
    const { subject, headers, body } = encodeEvent(event);
    const more = {
      'Nats-TTL': '5s',
      'Nats-Expected-Stream': 'OTHER',
      'X-Evil': '1',
      'Nats-Marker-Reason': 'Purge',
    };
    await ingest.publisher.publish({ subject, headers: { ...headers, ...more, traceparent: 'evil' }, body });
    const message = await stored(event);
    for (const name of [...Object.keys(more), 'traceparent'])
      expect(message?.header(name), name).toBeUndefined();
  });

  const published = (event: Event, changes: { id?: string; subject?: string; body?: string } = {}) => {
    const { subject, headers, body } = encodeEvent(event);
    const head = { ...headers, ...(changes.id === undefined ? {} : { 'ce-id': changes.id }) };
    return ingest.publisher.publish({ subject: changes.subject ?? subject, headers: head, body: changes.body ?? body }); // prettier-ignore
  };
  const renewedData = { ...dataOf('renewed'), reason: 'returned' as const };
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['with an id of another one', () => published(alert('a'), { id: alert('b').id }), /does not follow from its data/],
    ['on the subject of another one', () => published(alert('a'), { subject: encodeEvent(alert('b')).subject }), /belongs on another subject/],
    ['that is not valid', () => published(alert('a'), { body: '{"labels":7}' }), /is not valid/],
    ['that is not JSON', () => published(alert('a'), { body: '\u0000' }), /is not JSON/],
    ['that says it was asked for by hand', () => published(alert('a', { source: 'api' })), /not told by processes at the edge/],
    ['that renews another alert than its own', () => published(createEvent('AlertRenewed', { ...renewedData, alertId: idOfAlert(dataOf('other')) }, about)), /not told by processes at the edge/],
    ['of a silence that is no timer', () => published(silence('s'), { subject: 'aw.source.s.SourceHeard' }), /another subject/],
  ])('an event %s is refused', async (_, publish, why) => {
    await expect(publish()).rejects.toThrow(why);
  }); // prettier-ignore

  it.each([
    ['for another source', { subject: silenceScheduleSubject('b') }],
    ['that repeats', { at: '@every 1s' }],
    ['with a cron', { at: '* * * * * *' }],
    ['to no time', { at: '@at soon' }],
    ['to another subject', { target: 'aw.collection.a.b.c.CollectionRequested' }],
  ])('a timer %s is refused', async (_, { subject = silenceScheduleSubject('a'), at = '@at 2099-01-01T00:00:00Z', target = 'aw.source.a.SourceSilent' }: { subject?: string; at?: string; target?: string }) => {
    const { headers, body } = encodeEvent(silence('a'));
    const message = { subject, headers: { ...headers, 'Nats-Schedule': at, 'Nats-Schedule-Target': target }, body };
    await expect(ingest.publisher.publish(message)).rejects.toThrow(/no timer of a source|another subject/);
    expect(await lastMessage(admin, streamName, subject)).toBeUndefined();
  }); // prettier-ignore

  it('nothing goes while nobody keeps it: the publisher is told to try again', async () => {
    await close();
    await expect(append(ingest, alert('closed'), { lastSequence: 0 })).rejects.toBeInstanceOf(LogUnavailable);
    const intake = await nats.as('intake');
    close = openGate(intake, (error) => errors.push(error));
    // The server knows of its subscriptions by then: whoever publishes before that is told that nobody answers.
    await intake.nc.flush();
    await (await nats.as('intake')).nc.flush();
    expect(await append(ingest, alert('closed'), { lastSequence: 0 })).toMatchObject({ duplicate: false });
  });
});
