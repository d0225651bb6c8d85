import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Target } from './webhook.ts';

const Item = Type.Object({ id: Type.String(), pod: Type.String(), namespace: Type.String(), kubeContext: Type.String(), state: Type.String() }); // prettier-ignore
const Page = Type.Object({ items: Type.Array(Item), next: Type.Optional(Type.Integer()) });
const Detail = Type.Object({
  alerts: Type.Array(Type.String()),
  url: Type.Optional(Type.String()),
  recording: Type.Optional(Type.Object({ simulated: Type.Optional(Type.Boolean()) })),
  events: Type.Array(Type.Object({ type: Type.String(), data: Type.Unknown() })),
});
const Explanation = Type.Object({
  chapters: Type.Array(
    Type.Object({
      collectionId: Type.Optional(Type.String()),
      alerts: Type.Array(Type.Object({ fingerprint: Type.String(), startsAt: Type.String() })),
      outcome: Type.Object({ kind: Type.String(), sentence: Type.String() }),
      steps: Type.Array(Type.Object({ kind: Type.String() })),
    }),
  ),
});

export type CollectionItem = Static<typeof Item>;
export type ApiChapter = Static<typeof Explanation>['chapters'][number];

/** The service's query API, as far as a drill asks it. Throws ApiUnavailable. */
export interface Api {
  collections: (namespace: string) => Promise<CollectionItem[]>;
  collection: (id: string) => Promise<Static<typeof Detail>>;
  /** Empty where nothing is known. `since` is RFC 3339. */
  explain: (pod: Target, since: string) => Promise<ApiChapter[]>;
}

/** The API does not answer, or answers something else. */
export class ApiUnavailable extends Error {
  override readonly name = 'ApiUnavailable';
}

/** The header of a token, where there is one. */
export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

const answerTimeoutMs = 15_000;

export function createApi(url: string, signal: AbortSignal, token?: string): Api {
  const headers = bearer(token);
  const get = async <S extends TSchema>(
    path: string,
    schema: S,
    onMissing?: Static<S>,
  ): Promise<Static<S>> => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    const response = await fetch(url + path, { headers, signal: within }).catch((error: unknown) => {
      throw new ApiUnavailable(`${url} does not answer`, { cause: error });
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.status === 404 && onMissing !== undefined) return onMissing;
    if (response.ok && Value.Check(schema, body)) return body;
    throw new ApiUnavailable(`GET ${path.split('?', 1)[0] ?? ''} was answered ${String(response.status)}`);
  };
  return {
    collections: async (namespace) => {
      const items: CollectionItem[] = [];
      let after: number | undefined;
      do {
        const query = new URLSearchParams({
          namespace,
          limit: '200',
          ...(after === undefined ? {} : { after: String(after) }),
        });
        const page = await get(`/api/v1/collections?${query.toString()}`, Page);
        items.push(...page.items);
        after = page.next;
      } while (after !== undefined);
      return items;
    },
    collection: (id) => get(`/api/v1/collections/${id}`, Detail),
    explain: async ({ kubeContext, namespace, pod }, since) => {
      const query = new URLSearchParams({ pod: `${kubeContext}/${namespace}/${pod}`, since });
      return (await get(`/api/v1/explain?${query.toString()}`, Explanation, { chapters: [] })).chapters;
    },
  };
}
