import type { CollectorConfig } from './collectors/schemas.ts';

/** What the collector `hemako` is unless the configuration describes another one under that name. */
export const builtInCollector: CollectorConfig = {
  command: [
    ...['hemako', 'jfr', 'collect', '--kube-context', '{kubeContext}', '--namespace', '{namespace}'],
    ...['--pod', '{pod}', '--duration', '{durationSeconds}s', '--approve'],
  ],
};
