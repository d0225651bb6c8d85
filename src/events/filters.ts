import { type EventType, eventTypes, filterOf, hasField, isOfFamily } from './catalogue.ts';
import type { Event } from './envelope.ts';
import { encodeToken, type Pod, podSubject } from './subjects.ts';

// What to read of the stream for a question: more than is wanted, never less. No two filters of an answer overlap.

/** A pod, or all pods of a name. */
export type PodFilter = Pod | Pick<Pod, 'pod'>;

/** True where an event is of that pod, or of pods of that name, or tells that it was found or left out. */
export function namesPod(data: Event['data'], pod: PodFilter): boolean {
  if (!('kubeContext' in data)) return false;
  const { kubeContext, namespace } = data;
  const is = (name: string) =>
    name === pod.pod &&
    (!('namespace' in pod) || podSubject({ kubeContext, namespace, pod: name }) === podSubject(pod));
  if ('pod' in data) return is(data.pod);
  // Who asks for a StatefulSet by its name means its searches.
  return (
    is(data.sts) || ('pods' in data && (data.pods.some(is) || data.leftOut.some((each) => is(each.pod))))
  );
}

/** Filters for these types; those of a pod's own events may be narrowed to it. */
export function filtersOfTypes(types: readonly EventType[], pod?: PodFilter): string[] {
  return types.map((type) => filterOf(type, isOfFamily(type, 'collection') && pod ? tokensOf(pod) : {}));
}

/** Filters for a pod's own events, and for all of other families that name a pod, or may do so by the labels of an alert. */
export function filtersAboutPod(pod: PodFilter): string[] {
  return [...filtersNamingPod(pod), ...filtersOfTypes(typesElsewhere('labels'))];
}

/** The same without alerts. */
export function filtersNamingPod(pod: PodFilter): string[] {
  return [podFilter(pod), ...filtersOfTypes(typesElsewhere('kubeContext'))];
}

/** Filters for the events of a collection, also those of other families. `pod` is its pod, where it is known. */
export function filtersAboutCollection(pod: Pod | undefined): string[] {
  return [pod ? podFilter(pod) : 'aw.collection.>', ...filtersOfTypes(typesElsewhere('collectionId'))];
}

/** The types outside of the family of pods whose data may have this field. */
function typesElsewhere(field: string): EventType[] {
  return eventTypes.filter((type) => !isOfFamily(type, 'collection') && hasField(type, field));
}

function podFilter(pod: PodFilter): string {
  const { kube_context, namespace, pod: name } = tokensOf(pod);
  return `aw.collection.${kube_context}.${namespace}.${name}.>`;
}

function tokensOf(pod: PodFilter) {
  const { kubeContext, namespace } = 'namespace' in pod ? pod : {};
  const token = (value: string | undefined) => (value === undefined ? '*' : encodeToken(value));
  return { kube_context: token(kubeContext), namespace: token(namespace), pod: encodeToken(pod.pod) };
}
