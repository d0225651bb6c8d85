import { cooldownScheduleSubject } from '../../events/subjects.ts';
import { millisOf } from '../../events/instant.ts';
import { just } from '../../kernel/decide/decider.ts';
import { cancelTimer } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';
import type { Follower } from '../../log/consume/follow.ts';
import { type Logger, loggerAbout } from '../../telemetry/logger.ts';
import type { ReactorMetrics } from '../../kernel/react/metrics.ts';
import type { PodBoard } from '../pod/board.ts';
import type { Pods } from '../pods.ts';

export interface OverdueDeps {
  connection: Connection;
  board: PodBoard;
  pods: Pods;
  /** RFC 3339. */
  now: () => string;
  logger: Logger;
  metrics: Pick<ReactorMetrics, 'lateTimers'>;
}

const lookEveryMs = 60_000;
/** The server's timers go off within milliseconds. */
const graceMs = 60_000;

/**
 * Looks every minute for cooldowns whose timer should have gone off and has not: the stream was full at that moment, or
 * somebody purged it. The function that it gives ends it.
 */
export function watchOverdue(deps: OverdueDeps & { follower: Pick<Follower, 'isCaughtUp'> }): () => void {
  let running: Promise<number> | undefined;
  const timer = setInterval(() => {
    // Behind the log everything looks overdue.
    if (!deps.follower.isCaughtUp()) return;
    running ??= endOverdue(deps)
      .catch((err: unknown) => {
        deps.logger.warn({ err }, 'could not check for late timers; retrying');
        return 0;
      })
      .finally(() => (running = undefined));
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Says what the timers should have said, once whoever looks. Resolves to how many there were. */
export async function endOverdue({
  connection,
  board,
  pods,
  now,
  logger,
  metrics,
}: OverdueDeps): Promise<number> {
  const overdue = board.cooldowns.overdue(millisOf(now()) - graceMs);
  let ended = 0;
  for (const elapsed of overdue) {
    const { data } = elapsed;
    if (!board.cooldowns.has(elapsed)) continue;
    // Before the end: what the alert is told then may set the same timer anew. What is left of a timer could go off when
    // nats-server starts again.
    await cancelTimer(connection, cooldownScheduleSubject(data));
    const isEnded = await pods.decide(data, () => just(board.cooldowns.has(elapsed) ? elapsed : undefined));
    if (!isEnded) continue;
    ended += 1;
    metrics.lateTimers.inc({ timer: 'cooldown' });
    const about = { ...data, correlationId: data.alertId };
    loggerAbout(logger, about).warn(
      { until: data.until },
      'the timer of a cooldown did not go off: it is ended now',
    );
  }
  return ended;
}
