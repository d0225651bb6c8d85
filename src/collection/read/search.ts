import type { Found, Sought } from '../../http/search.ts';
import { beginsWith } from '../pod/summary-list.ts';
import type { CollectionSummary } from '../pod/summary.ts';

/** Pods, namespaces, names of alerts and collections that begin so, the newest of each first. Pure. */
export function searchSummaries(summaries: Iterable<CollectionSummary>, { prefix, limit }: Sought): Found[] {
  const found = new Map<string, Found>();
  const note = (key: string, item: Found) => {
    // What comes later is newer, and goes behind the others.
    found.delete(key);
    found.set(key, item);
  };
  for (const { id, state, kubeContext, namespace, pod, alertname } of summaries) {
    if (beginsWith(pod, prefix))
      note(`${kubeContext}/${namespace}/${pod}`, { kind: 'pod', text: pod, detail: `${kubeContext}/${namespace}`, kubeContext, namespace, pod }); // prettier-ignore
    if (beginsWith(id, prefix))
      note(id, { kind: 'collection', text: id, detail: `${state}: ${namespace}/${pod}`, id, kubeContext, namespace, pod }); // prettier-ignore
    if (alertname !== undefined && beginsWith(alertname, prefix))
      note(`alertname ${alertname}`, { kind: 'alertname', text: alertname, detail: `last for ${namespace}/${pod}` }); // prettier-ignore
    if (beginsWith(namespace, prefix))
      note(`namespace ${kubeContext}/${namespace}`, { kind: 'namespace', text: namespace, detail: kubeContext, kubeContext, namespace }); // prettier-ignore
  }
  return firstOfEach([...found.values()].reverse(), { prefix, limit });
}

/** So many of each kind, those that are exactly so among them. */
function firstOfEach(newestFirst: readonly Found[], { prefix, limit }: Sought): Found[] {
  const counts = new Map<Found['kind'], number>();
  return newestFirst.filter(({ kind, text }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= limit || text.length === prefix.length;
  });
}
