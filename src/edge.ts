import type { Feature } from './feature.ts';
import type { Connection } from './log/connection.ts';
import { openGate } from './log/edge/gate.ts';
import { answerReaders } from './log/edge/readers.ts';
import { answerRequests, ask } from './log/edge/requests.ts';
import type { Storing } from './storing.ts';
import type { Logger } from './telemetry/logger.ts';

// A process at the edge takes requests from outside, and its NATS user may write to no stream. A process with the role intake does
// for it what it may not: SECURITY.md.

const warnEveryMs = 60_000;

/** Answers the processes at the edge. Returns what ends it. */
export function answerEdge(
  connection: Connection,
  { check }: Storing,
  features: readonly Pick<Feature, 'answerEdge'>[],
  logger: Logger,
): () => Promise<void> {
  let lastWarnedAt = Number.NEGATIVE_INFINITY;
  // Whoever took such a process over could fill the log.
  const onError = (err: unknown) => {
    const isNew = performance.now() - lastWarnedAt > warnEveryMs;
    if (isNew) lastWarnedAt = performance.now();
    logger[isNew ? 'warn' : 'debug']({ err }, 'a process at the edge was not answered');
  };
  const closers = [
    openGate(connection, onError),
    answerReaders(connection, onError),
    ...features.flatMap(({ answerEdge }) => answerEdge?.(onError) ?? []),
    answerRequests(connection, {
      ...{ name: 'ready', places: 64, onError, refusal: '{}' },
      handle: async () => JSON.stringify({ problem: await check.check() }),
    }),
  ];
  return async () => {
    await Promise.all(closers.map((close) => close()));
  };
}

/** Whether the log stores what is written to it, as the process that does so for this one knows it. */
export function storingOfOthers(connection: Connection): Storing {
  const check = async () => {
    if (!connection.isConnected()) return 'NATS is not connected';
    const { problem } = (await ask(connection, 'ready', {})) as { problem?: string };
    return problem;
  };
  return {
    check: { name: 'writes', check },
    lastWrites: () => [],
    tried: Promise.resolve(),
    stop: () => undefined,
  };
}
