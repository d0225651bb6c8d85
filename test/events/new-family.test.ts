import { Type } from '@sinclair/typebox';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { EventType } from '../../src/events/catalogue.ts';
import type { FeedFilter } from '../../src/http/feed/feed-message.ts';

// A family that no file of `src` knows: what is derived from the rows must hold for it, too.
vi.mock('../../src/events/rows/rows.ts', async (original) => {
  const { catalogue } = await original<typeof import('../../src/events/rows/rows.ts')>();
  const family = { name: 'notification', tokens: { receiver: { description: 'Who was told.' } } };
  const NotificationSent = {
    ...{ family, parts: ['notify'] },
    data: Type.Object({
      ...{ receiver: Type.String(), collectionId: Type.String() },
      ...{ kubeContext: Type.String(), namespace: Type.String(), pod: Type.String() },
    }),
    subject: ({ receiver }: { receiver: string }) => `aw.notification.${receiver}.NotificationSent`,
    id: (_: unknown, causeId: string) => `${causeId}/NotificationSent`,
  };
  return { catalogue: { ...catalogue, NotificationSent } };
});

const { allFilters, eventTypes, filterOf, isOfFamily } = await import('../../src/events/catalogue.ts');
const { isEvent } = await import('../../src/events/envelope.ts');
const { feedMessageOf, isWanted, subjectsOf } = await import('../../src/http/feed/feed-message.ts');
const { createAudit } = await import('../../src/collection/audit/audit.ts');
const { createPodBoard } = await import('../../src/collection/pod/board.ts');
const { createBook } = await import('../../src/collection/explain/book.ts');
const { explain } = await import('../../src/collection/explain/explain.ts');
const { createPodHistory } = await import('../../src/collection/pod/history.ts');
const { pageContract } = await import('../../src/commands/schemas/page-contract.ts');

const type = 'NotificationSent' as EventType;
const folder = new URL('../fixtures/events/', import.meta.url);
interface Golden {
  subject: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}
const goldens = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden,
);
const requested = goldens.find(({ headers }) => headers['ce-type'] === 'CollectionRequested');
const { kubeContext, namespace, pod, collectionId } = requested?.body as Record<string, string>;
const sent: Golden = {
  subject: 'aw.notification.ops.NotificationSent',
  headers: { ...requested?.headers, 'ce-id': 'x/NotificationSent', 'ce-type': type },
  body: { receiver: 'ops', kubeContext, namespace, pod, collectionId },
};
const unanswered = goldens.find(({ headers }) => headers['ce-type'] === 'AlertUnanswered');
if (unanswered) unanswered.body = { ...unanswered.body, collectionId };
const messages = [...goldens, sent].map(({ subject, headers, body }, index) => ({
  ...{ subject, sequence: index + 1, storedAt: headers['ce-time'] ?? '' },
  header: (name: string) => headers[name],
  body: new TextEncoder().encode(JSON.stringify(body)),
}));
const sentMessage = messages.at(-1);
if (!sentMessage) throw new Error('there are messages');

/** As nats-server matches a subject. */
function covers(filter: string, subject: string): boolean {
  const [wanted, tokens] = [filter.split('.'), subject.split('.')];
  if (wanted.at(-1) === '>') return tokens.length >= wanted.length && covers(wanted.slice(0, -1).join('.'), tokens.slice(0, wanted.length - 1).join('.')); // prettier-ignore
  return wanted.length === tokens.length && wanted.every((each, at) => each === '*' || each === tokens[at]);
}

describe('a family with rows and nothing else', () => {
  it('is a family of its own, not of pods', () => {
    expect(eventTypes).toContain(type);
    expect(isOfFamily(type, 'collection')).toBe(false);
    expect(filterOf(type)).toBe('aw.notification.*.NotificationSent');
  });

  it('is told to the page, whose file is then not up to date', () => {
    const file = readFileSync(new URL('../../src/web/data/contract.js', import.meta.url), 'utf8');
    expect(file).not.toContain(type);
    expect(pageContract()).toBe(file.replace('\n];', `\n  '${type}',\n];`));
  });

  const aPod = { kubeContext: kubeContext ?? '', namespace: namespace ?? '', pod: pod ?? '' };
  const filters: FeedFilter[] = [
    {},
    { pod: aPod },
    { collectionId: collectionId ?? '' },
    { collectionId: collectionId ?? '', podOfCollection: aPod },
    ...eventTypes.map((each) => ({ types: [each] })),
    { types: eventTypes, pod: aPod },
  ];
  it.each(filters)('whoever asks for %j catches up with all that it would be told live', (filter) => {
    const read = subjectsOf(filter);
    const wanted = messages.filter((message) => {
      const told = feedMessageOf(message);
      return told !== null && isWanted(filter, told);
    });
    expect(wanted.length).toBeGreaterThan(0);
    for (const { subject } of wanted)
      expect(
        read.filter((each) => covers(each, subject)),
        subject,
      ).toHaveLength(1);
  });

  it('is read by those who ask for everything, for its pod and for its collection', () => {
    const told = feedMessageOf(sentMessage);
    if (!told) throw new Error('it is told');
    expect([{}, { pod: aPod }, { collectionId: collectionId ?? '' }].map((filter) => isWanted(filter, told))).toEqual([true, true, true]); // prettier-ignore
    expect(allFilters()).toContain('aw.notification.>');
  });

  it('changes no pod, and is told by a replay, an explanation of its collection and an audit', () => {
    const [request] = messages.filter((message) => message.header('ce-type') === 'CollectionRequested');
    if (!request) throw new Error('there is a request');
    const [board, history, audit] = [createPodBoard(), createPodHistory(), createAudit()];
    for (const message of [request, sentMessage]) {
      board.apply(message);
      audit.apply(message);
    }
    expect(board.size()).toBe(1);
    expect(history.fold(sentMessage)).toMatchObject({ type, changed: false, before: null });
    expect(audit.finish().violations).toEqual([]);
    const events = [request, sentMessage].map((message) => feedMessageOf(message)?.event).filter((each) => each && isEvent(each)); // prettier-ignore
    const { tales } = createBook(events as Parameters<typeof createBook>[0]);
    expect(tales.get(collectionId ?? '')?.beside).toMatchObject([{ type }]);
    const evidence = {
      ...{
        events: events as Parameters<typeof createBook>[0],
        timers: new Set<string>(),
        ahead: new Map<string, number>(),
      },
      stream: { name: 'ALERT_WATCHER', firstSequence: 1, lastSequence: messages.length },
      policy: { name: 'that of the test', rows: [], maxAlertAgeSeconds: 900 },
      sentenceOf: () => 'ops were told',
    };
    const { chapters } = explain(
      { kind: 'collection', collectionId: collectionId ?? '' },
      evidence,
      '2026-11-27T12:00:00Z',
    );
    expect(chapters[0]?.steps.at(-1)).toMatchObject({
      kind: 'told',
      sentence: 'ops were told',
      sequence: messages.length,
    });
  });
});
