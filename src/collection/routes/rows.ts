import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { type CollectionState, collectionStates } from '../../book/collection-state.ts';
import { millisOf } from '../../events/instant.ts';
import { jsonAnswer, problemAnswers, refTo } from '../../http/schemas/common.ts';
import type { Ability } from '../able/ability.ts';
import { lacksOfRow } from '../able/lacks.ts';
import { driverOf } from '../collectors/rows.ts';
import type { CollectionRules } from '../config.ts';
import { createConsequences } from '../explain/consequence.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import { RowMatch, RowPage } from './schemas/rows.ts';

export interface RowRoutesOptions {
  rules: Pick<CollectionRules, 'collections' | 'collectors'>;
  ability: Ability;
  /** All collections that this process knows of. */
  summaries: () => Iterable<CollectionSummary>;
  /** RFC 3339. */
  now: () => string;
}

const Body = Type.Object(
  {
    labels: Type.Record(Type.String({ maxLength: 1_000 }), Type.String({ maxLength: 10_000 }), {
      description: 'The labels of an alert. What `redact` would leave out is matched all the same.',
      maxProperties: 200,
      examples: [{ alertname: 'CrateDBContainerRestart', kube_context: 'prod' }],
    }),
  },
  { additionalProperties: false },
);

/** `GET /api/v1/rows` (the rows of `collections`, and whether they can record) and `POST /api/v1/rows/match` (what labels lead to). */
export function rowRoutes({ rules, ability, summaries, now }: RowRoutesOptions) {
  const consequenceOf = createConsequences(rules.collections);
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get(
      '/api/v1/rows',
      { schema: rowsSchema, config: { access: 'read' } },
      (): Static<typeof RowPage> => {
        const used = useOf(summaries(), millisOf(now()) - dayMs);
        return {
          items: rules.collections.map((row) => ({ ...itemOf(row, rules, ability), ...used(row.name) })),
        };
      },
    );
    app.post<{ Body: Static<typeof Body> }>(
      '/api/v1/rows/match',
      { schema: matchSchema, config: { access: 'read' } },
      (request): Static<typeof RowMatch> => consequenceOf(request.body.labels),
    );
    done();
  };
}

function itemOf(
  row: CollectionRules['collections'][number],
  { collectors }: RowRoutesOptions['rules'],
  { known, isLooking }: Ability,
) {
  const { collector, durationSeconds, cooldownSeconds, maxAttempts } = row.plan;
  const config = collectors[collector];
  const [worst] = lacksOfRow(known(), row);
  return {
    ...{ name: row.name, match: row.match, collector, driver: config ? driverOf(config) : '' },
    ...{ durationSeconds, cooldownSeconds, maxAttempts },
    canRecord: worst?.stops !== 'recording',
    isChecked: isLooking,
    ...(worst ? { problem: `${worst.sentence}. What to do: ${worst.action}` } : {}),
  };
}

const dayMs = 24 * 3_600_000;

/** What came of rows, by their names: of the collections requested since then, and when the last one was. */
function useOf(summaries: Iterable<CollectionSummary>, sinceMs: number) {
  const noneYet = () =>
    Object.fromEntries(collectionStates.map((state) => [state, 0])) as Record<CollectionState, number>;
  const byRule = new Map<string, { collections: Record<CollectionState, number>; last: CollectionSummary }>();
  for (const summary of summaries) {
    const { rule, state, requestedAt, firstSequence } = summary;
    const use = byRule.get(rule) ?? { collections: noneYet(), last: summary };
    byRule.set(rule, use);
    if (Date.parse(requestedAt) >= sinceMs) use.collections[state] += 1;
    if (firstSequence > use.last.firstSequence) use.last = summary;
  }
  return (name: string) => {
    const { collections = noneYet(), last } = byRule.get(name) ?? {};
    return { collections, ...(last ? { lastAt: last.requestedAt } : {}) };
  };
}

const tags = ['collections'];
const rowsSchema = {
  ...{ operationId: 'listRows', tags, summary: 'The rows of `collections`' },
  description:
    'What is configured in this process, how often each row was used, and whether this machine has what it needs (looked at every 30 s).',
  response: { 200: jsonAnswer('All of them.', refTo(RowPage)), ...problemAnswers() },
};
const matchSchema = {
  ...{ operationId: 'matchRows', tags, summary: 'What an alert with these labels leads to' },
  description: 'Nothing is stored or started. `alert-watcher check --alert` says the same of a file.',
  body: Body,
  response: {
    200: jsonAnswer('What it leads to.', refTo(RowMatch)),
    ...problemAnswers('bad-request', 'not-json', 'unsupported-media-type'),
  },
};
