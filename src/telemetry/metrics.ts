import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { bounded } from './bounded.ts';

const seconds = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 300, 600];

/** Gauges that prom-client names like counters; the same is in nodejs_active_resources and the like, by type. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** The values of a gauge with one label. */
export type Series = readonly (readonly [label: string, value: number | undefined])[];

export type Metrics = ReturnType<typeof createMetrics>;

/** The metrics of one process, in a registry of their own: what makes them. Which there are, each feature says. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const registers = [registry];
  return {
    registry,
    /** A series that is first seen at 1 has no increase: what is alerted on exists from the start, at 0. */
    counter: <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      atZero: readonly Record<L, string>[] = [],
    ) => {
      const made = new Counter({ name: `alert_watcher_${name}`, help, labelNames, registers });
      for (const labels of atZero) made.inc(labels, 0);
      return made;
    },
    /** In seconds, also the upper ends of its buckets; without any, those of an attempt. */
    duration: <L extends string>(name: string, help: string, labelNames: readonly L[], buckets = seconds) =>
      new Histogram({ name: `alert_watcher_${name}`, help, labelNames, buckets, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Gauge({ name: `alert_watcher_${name}`, help, labelNames, registers }),
    /** A gauge that is read when it is asked for. */
    watch: (name: string, help: string, read: () => number): void => {
      const watched: Gauge = new Gauge({
        name: `alert_watcher_${name}`,
        help,
        registers,
        collect: () => watched.set(read()),
      });
    },
    /** One with a label, whose values are read when it is asked for. */
    watchSeries: (name: string, help: string, label: string, read: () => Promise<Series> | Series): void => {
      const watched: Gauge = new Gauge({
        name: `alert_watcher_${name}`,
        help,
        labelNames: [label],
        registers,
        collect: async () => {
          const series = await read();
          // What is not known now has no series: an old value would look like a new one.
          watched.reset();
          for (const [value, number] of series)
            if (number !== undefined) watched.set({ [label]: value }, number);
        },
      });
    },
  };
}

/** Names for a label: a sender must not fill the memory with them. So many are told by name, the rest as "other". */
export function boundedNames(max: number): (name: string | undefined) => string {
  const known = new Set<string>();
  return (given = '') => {
    const name = bounded(given);
    if (known.has(name)) return name;
    if (known.size >= max) return 'other';
    known.add(name);
    return name;
  };
}
