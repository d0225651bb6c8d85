import { type Static, Type } from '@sinclair/typebox';
import { createRemote, RemoteFailed } from '../remote/http.ts';
import { pagesOf } from '../remote/pages.ts';
import type { Service } from '../remote/service.ts';
import type { Target } from './webhook.ts';

const Item = Type.Object({ id: Type.String(), pod: Type.String(), namespace: Type.String(), kubeContext: Type.String(), state: Type.String() }); // prettier-ignore
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

/** The service's query API, as far as a drill asks it. Throws RemoteFailed. */
export interface Api {
  collections: (namespace: string) => Promise<CollectionItem[]>;
  collection: (id: string) => Promise<Static<typeof Detail>>;
  /** Empty where nothing is known. `since` is RFC 3339. */
  explain: (pod: Target, since: string) => Promise<ApiChapter[]>;
}

export function createApi(service: Service, signal: AbortSignal): Api {
  const remote = createRemote(service, { signal });
  const { get } = remote;
  return {
    collections: async (namespace) => {
      const query = new URLSearchParams({ namespace });
      const items: CollectionItem[] = [];
      for await (const page of pagesOf(remote, '/api/v1/collections', { query, item: Item }))
        items.push(...page);
      return items;
    },
    collection: (id) => get(`/api/v1/collections/${id}`, Detail),
    explain: async ({ kubeContext, namespace, pod }, since) => {
      const query = new URLSearchParams({ pod: `${kubeContext}/${namespace}/${pod}`, since });
      const found = await get(`/api/v1/explain?${query.toString()}`, Explanation).catch((error: unknown) => {
        if (error instanceof RemoteFailed && error.status === 404) return { chapters: [] };
        throw error;
      });
      return found.chapters;
    },
  };
}
