import type { Attributes } from '@opentelemetry/api';

/** What a span says of an event that is handled, by OpenTelemetry's conventions for messaging and Kubernetes. */
export function spanAttributes(durable: string, { id, data }: { id: string; data: object }): Attributes {
  const text = (name: string) => {
    const value: unknown = Object.hasOwn(data, name) ? data[name as keyof typeof data] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const [namespace, pod, collectionId] = [text('namespace'), text('pod'), text('collectionId')];
  return {
    'messaging.system': 'nats',
    'messaging.operation.type': 'process',
    'messaging.consumer.group.name': durable,
    'messaging.message.id': id,
    ...(namespace !== undefined && pod !== undefined
      ? { 'k8s.namespace.name': namespace, 'k8s.pod.name': pod }
      : {}),
    ...(collectionId === undefined ? {} : { 'alert_watcher.collection_id': collectionId }),
  };
}
