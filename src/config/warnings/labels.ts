import { labelsIn } from '../../collection/collectors/placeholders.ts';
import { parseMatcher } from '../../kernel/matchers.ts';
import type { Rules } from '../file.ts';
import { closest } from './closest.ts';
import type { Warning } from './warnings.ts';

/** Labels that rows are mostly about: a name that is nearly one of them is taken for a slip. */
const usualLabels = [
  ...[
    'alertname',
    'kube_context',
    'namespace',
    'pod',
    'sts',
    'severity',
    'container',
    'node',
    'instance',
    'job',
  ],
  ...[
    'cluster',
    'region',
    'environment',
    'service',
    'source',
    'source_type',
    'type',
    'alert_id',
    'statefulset',
  ],
];

/** Labels that others are known to set and that are near one of those. */
const otherLabels = new Set([
  'prod',
  'device',
  'services',
  'nodename',
  'jobname',
  'reason',
  'types',
  'resource',
]);

/** Names of labels that are a slip away from one that is known: nothing sends them, and the row never matches. */
export function warningsOfLabels(rules: Pick<Rules, 'collections' | 'collectors' | 'sources'>): Warning[] {
  return labelsOf(rules).flatMap(({ keys, label }): Warning[] => {
    const meant = otherLabels.has(label) ? undefined : closest(label, usualLabels);
    if (meant === undefined) return [];
    const message = `nothing is known to send a label ${label}; it is one slip away from ${meant}`;
    const action = `did you mean ${meant}? If your alerts do have ${label}, leave it`;
    return [{ code: 'unknown-label', keys, message, action }];
  });
}

/** Every label that the configuration names, and where. */
function labelsOf({ collections, collectors, sources }: Parameters<typeof warningsOfLabels>[0]) {
  const inMatch = (match: readonly string[], at: string[]) =>
    match.map((text, index) => ({ keys: [...at, String(index)], label: parseMatcher(text).name }));
  return [
    ...collections.flatMap(({ match }, row) => inMatch(match, ['collections', String(row), 'match'])),
    ...sources.flatMap(({ match = [], watchdog }, index) => [
      ...inMatch(match, ['sources', String(index), 'match']),
      ...inMatch(watchdog?.match ?? [], ['sources', String(index), 'watchdog', 'match']),
    ]),
    ...Object.entries(collectors).flatMap(([name, config]) => {
      if (!('command' in config)) return [];
      const keys = ['collectors', name];
      const inCommand = labelsIn(config.command).map((label) => ({ keys: [...keys, 'command'], label }));
      return [...inCommand, ...(config.labels ?? []).map((label) => ({ keys: [...keys, 'labels'], label }))];
    }),
  ];
}
