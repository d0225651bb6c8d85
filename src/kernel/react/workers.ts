import type { Worker } from '../../log/consume/consume.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { AttemptFailed } from './failures.ts';

/** Takes no more work, gives what runs its grace, and hands the rest back. */
export async function stopWorkers(
  workers: readonly Worker[],
  { graceSeconds, handBack, logger }: { graceSeconds: number; handBack: AbortController; logger: Logger },
): Promise<void> {
  const running = workers.reduce((sum, worker) => sum + worker.running(), 0);
  logger.info({ running, graceSeconds }, 'stopping: no more work is taken');
  const timer = setTimeout(() => {
    logger.warn('the grace period is over: handing running work back');
    handBack.abort(new AttemptFailed('handed-back', 'the service was stopped during the attempt'));
  }, graceSeconds * 1_000);
  await Promise.all(workers.map((worker) => worker.stop()));
  clearTimeout(timer);
  handBack.abort();
}
