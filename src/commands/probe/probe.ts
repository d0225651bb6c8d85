import { setTimeout as delay } from 'node:timers/promises';

/** What came of trying one thing. */
export type ProbeOutcome =
  | { result: 'ok' | 'skipped'; detail: string }
  /** `action` says what to do. */
  | { result: 'failed'; detail: string; action: string };

/** One thing that a configuration names, and how it is tried. */
export interface NamedProbe {
  /** What it is, such as `program kubectl`. */
  name: string;
  /** Changes nothing. Ends what it started when the signal is aborted. */
  run: (signal: AbortSignal) => Promise<ProbeOutcome>;
}

export type Probed = ProbeOutcome & Pick<NamedProbe, 'name'>;

/** A request that is under way has this long. */
export const probeMs = 5_000;
/** So much later what does not listen to its signal is given up. */
const marginMs = 500;

/** Tries everything at once. Each ends after little more than 5 s, whatever the other side does. */
export async function runProbes(probes: readonly NamedProbe[], limitMs = probeMs): Promise<Probed[]> {
  return Promise.all(probes.map(async ({ name, run }) => ({ name, ...(await bounded(run, limitMs)) })));
}

async function bounded(run: NamedProbe['run'], limitMs: number): Promise<ProbeOutcome> {
  const over = new AbortController();
  const late = delay(limitMs + marginMs, undefined, { signal: over.signal }).then(() => noAnswer(limitMs));
  late.catch(() => undefined);
  const signal = AbortSignal.any([AbortSignal.timeout(limitMs), over.signal]);
  try {
    return await Promise.race([run(signal), late]);
  } catch (error) {
    if (signal.aborted) return noAnswer(limitMs);
    const detail = error instanceof Error ? error.message : String(error);
    return { result: 'failed', detail, action: 'this is unexpected: see the message' };
  } finally {
    over.abort();
  }
}

function noAnswer(limitMs: number): ProbeOutcome {
  return {
    result: 'failed',
    detail: `no answer within ${String(limitMs / 1_000)} s`,
    action: 'check the network between here and there: address, firewall, proxy',
  };
}

export const ok = (detail: string): ProbeOutcome => ({ result: 'ok', detail });
export const skipped = (detail: string): ProbeOutcome => ({ result: 'skipped', detail });
export const failed = (detail: string, action: string): ProbeOutcome => ({
  result: 'failed',
  detail,
  action,
});
