import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import type { Pod } from '../../events/subjects.ts';
import type { Delivery, Verdict } from '../../log/consume/consume.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ConfiguredCollector } from '../collectors/collector.ts';
import type { Collecting } from '../pod/context.ts';
import { just } from '../../kernel/decide/decider.ts';
import type { Pods } from '../pods.ts';
import type { CollectWork } from './collect.ts';
import { collectionFailed } from '../run-events.ts';

export interface BeforeDeps {
  decider: Pods;
  collectors: ReadonlyMap<string, ConfiguredCollector>;
  /** True where the alert that asked for a recording, or one that was attached to it, still fires. */
  isWanted: (pod: Pod, trigger: Collecting['trigger'], requestedAt: number) => Promise<boolean>;
  /** RFC 3339. */
  now: () => string;
  logger: Logger;
}

type Cause = StoredEvent<'CollectionRequested' | 'CollectionRedriven'>;

/** So long a message waits for a process that has its collector. */
const collectorUnknownMs = 300_000;
/** Up to so long, by chance: the server deals messages out in turn, and those that come back together would go the same way. */
const handOverMs = 500;
/** Alerts that resolve within this time are recorded all the same: what the JVM did is still fresh. */
const withdrawnAfterMs = 30_000;

/**
 * While the configuration is changed, another process may have the collector that this one lacks: the message goes back until
 * one takes it. Undefined where it is known here, or nobody has had it for too long: then the attempt says so.
 */
export function handedOver(
  { collectors, now, logger }: BeforeDeps,
  { collectionId, state: { plan, retryAt, exhausted } }: CollectWork,
  { time }: Cause,
  { deliveries }: Delivery,
): Verdict | undefined {
  const { collector } = plan;
  if (exhausted || collectors.has(collector)) return undefined;
  const waitedMs = millisOf(now()) - Math.max(millisOf(time), millisOf(retryAt ?? time));
  if (waitedMs >= collectorUnknownMs) return undefined;
  const level = deliveries > 1 ? 'debug' : 'warn';
  logger[level](
    { collectionId, collector },
    'this process has no such collector: leaving it to another process',
  );
  return { retryInMs: Math.random() * handOverMs };
}

/** A request that waited while no process collected is not worth a recording once all of its alerts have resolved. */
export async function withdrawn(
  deps: BeforeDeps,
  work: CollectWork,
  { sequence, time }: Cause,
): Promise<Verdict | undefined> {
  const { attempts, run, trigger } = work.state;
  const isFirst = attempts === 0 && run === 1 && !trigger.byHand;
  if (!isFirst || millisOf(deps.now()) - millisOf(time) < withdrawnAfterMs) return undefined;
  if (await deps.isWanted(work.pod, trigger, sequence)) return undefined;
  const why = { by: 'alert-watcher', reason: 'its alerts resolved before the recording began' };
  const error = { code: 'cancelled', message: `cancelled by ${why.by}: ${why.reason}` };
  const ended = await deps.decider.decide(work.pod, ({ context: { current } }) =>
    current?.collectionId === work.collectionId && current.run === run
      ? just(collectionFailed(work, deps.now(), 0, error, why))
      : undefined,
  );
  if (ended) work.logger.info({ event: 'CollectionFailed', error }, error.message);
  return ended ? 'done' : undefined;
}
