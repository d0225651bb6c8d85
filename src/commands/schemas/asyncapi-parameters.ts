const encoded = 'percent-encoded outside [A-Za-z0-9_-]';

const parameters: Record<string, { description: string; enum?: string[] }> = {
  alertname: { description: `Label alertname, ${encoded}; ~ where the alert has none.` },
  fingerprint: { description: `Fingerprint of the alert, ${encoded}.` },
  startsAt: { description: 'startsAt of the alert, in nanoseconds since 1970.' },
  status: { description: 'Status of the alert.', enum: ['firing', 'resolved'] },
  kube_context: { description: `Label kube_context: the cluster of the pod, ${encoded}.` },
  namespace: { description: `Label namespace, ${encoded}.` },
  pod: { description: `Label pod, ${encoded}.` },
  source: { description: `Name of the source in the configuration, ${encoded}.` },
  consumer: { description: 'The durable consumer that could not handle a message.' },
  sequence: { description: 'Stream sequence of this message.' },
};

/** The parameters of one channel: what each of them means, and what it is in an example of the subject. */
export function parametersOf(address: string, subject: string) {
  const tokens = subject.split('.');
  const named = address.split('.').flatMap((part, index) => {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    return name === undefined ? [] : [[name, { ...parameters[name], examples: [tokens[index]] }] as const];
  });
  return Object.fromEntries(named);
}
