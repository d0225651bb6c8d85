import { type Matcher, matchesAll, parseMatcher } from '../kernel/matchers.ts';
import type { ParsedAlert } from './formats/parsed.ts';
import { createWatchdog, type Watchdog, type WatchdogDeps } from './watchdog.ts';

/** A source, and what it has to let hear of itself. */
export interface HeardSource {
  name: string;
  watchdog?: { match?: string[]; silenceSeconds: number };
}

/** Notes when sources are heard. */
export interface Hearing {
  /** A body of that source was taken, with these alerts in it, stored or not. */
  heard: (source: string, alerts: readonly ParsedAlert[]) => void;
  /** When this process heard it last, milliseconds since 1970. */
  lastHeard: (source: string) => number | undefined;
  stop: () => Promise<void>;
}

/** Begins to listen for all sources, and watches over those that have a watchdog. */
export function createHearing(sources: readonly HeardSource[], deps: WatchdogDeps): Hearing {
  const { metrics, now } = deps;
  const matchers = new Map(
    sources.map(({ name, watchdog }) => [name, (watchdog?.match ?? []).map(parseMatcher)]),
  );
  const heardAt = new Map<string, number>();
  const watchdogs = new Map<string, Watchdog>();
  for (const { name, watchdog } of sources) {
    if (!watchdog) continue;
    watchdogs.set(name, createWatchdog({ name, silenceSeconds: watchdog.silenceSeconds }, deps));
  }
  return {
    heard: (source, alerts) => {
      if (!isSign(alerts, matchers.get(source) ?? [])) return;
      heardAt.set(source, now());
      metrics.sourceLastHeard.set({ source }, now() / 1_000);
      watchdogs.get(source)?.heard();
    },
    lastHeard: (source) => heardAt.get(source),
    stop: async () => {
      await Promise.all([...watchdogs.values()].map((each) => each.stop()));
    },
  };
}

/** The end of an alert that should always fire is no sign of life. Without matchers any body is one. */
function isSign(alerts: readonly ParsedAlert[], matchers: readonly Matcher[]): boolean {
  if (matchers.length === 0) return true;
  return alerts.some(
    (parsed) =>
      'alert' in parsed && parsed.alert.status === 'firing' && matchesAll(matchers, parsed.alert.labels),
  );
}
