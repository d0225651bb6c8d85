import { type Static, type TObject, Type } from '@sinclair/typebox';
import { State } from '../../book/collection-state.ts';
import { millisIn, timeQuery } from '../../http/query.ts';
import type { SummaryMatch } from '../pod/summary-list.ts';

const name = (description: string) => Type.Optional(Type.String({ maxLength: 1_000, description }));

/** Which collections are meant, in a query and in the body of a request. */
export const filterFields = {
  state: Type.Optional(
    Type.Array(State, { minItems: 1, maxItems: 6, description: 'Any of these; in a query, repeat it.' }),
  ),
  errorCode: name('Code of the last failure of the present run, also while it is tried again.'),
  kubeContext: name('The cluster.'),
  namespace: name('The namespace of the pod.'),
  pod: Type.Optional(
    Type.String({ maxLength: 1_000, description: 'Name of the pod.', examples: ['crate-data-hot-0'] }),
  ),
  alertname: name('Label alertname of the alert that it was requested for.'),
  collector: name('Name of the collector.'),
  rule: name('Name of the row of `collections`.'),
  prefix: name('The pod, namespace, alertname or id begins so, in small or capital letters.'),
  ...timeQuery('Requested'),
};
type Filter = Static<TObject<typeof filterFields>>;

/** Reads the times of a filter. Throws BadQuery. */
export function matchOf({ since, until, ...names }: Filter, now: string): SummaryMatch {
  return {
    ...names,
    sinceMs: millisIn('since', since, now),
    untilMs: millisIn('until', until, now),
  };
}
