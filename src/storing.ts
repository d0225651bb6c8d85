import type { ReadyCheck } from './http/health.ts';
import type { Definitions } from './log/streams/definitions.ts';
import type { OpenLog } from './log/open.ts';
import { probesOf, streamProbe } from './log/write/probe.ts';
import { watchWrites } from './log/write/writes.ts';
import type { Logger } from './telemetry/logger.ts';

/** What this process knows of whether the log stores what is written to it. */
export interface Storing {
  check: ReadyCheck;
  /** When each stream last stored a write of this process, in seconds since 1970; 0: never. */
  lastWrites: () => [stream: string, seconds: number][];
  /** Resolves when every stream that is looked at has been tried once. */
  tried: Promise<void>;
  stop: () => void;
}

/**
 * Watches that the stream takes writes; where the server is ours, also that the buckets do, and has it replaced where they do
 * not. The streams must be there.
 */
export function watchStoring(
  { connection, supervisor }: OpenLog,
  definitions: Definitions,
  logger: Logger,
): Storing {
  const probes = supervisor ? probesOf(definitions) : [streamProbe];
  const writes = watchWrites(connection, {
    probes,
    onChange: (problem) => {
      if (problem === undefined) logger.info('the log stores again');
      else
        logger.error(
          { reason: problem },
          'the log does not store: webhooks are answered 503, and work waits',
        );
    },
  });
  supervisor?.guard({ connection, writes, report: (sentence) => logger.error(sentence) });
  const problem = () => {
    const found = writes.problem();
    const advice = supervisor?.advice();
    return found === undefined || advice === undefined ? found : `${found}; ${advice}`;
  };
  return {
    lastWrites: () => probes.map(({ stream }) => [stream, (writes.storedAtMs(stream) ?? 0) / 1_000]),
    check: { name: 'writes', check: () => Promise.resolve(problem()) },
    tried: writes.tried,
    stop: () => {
      supervisor?.guard(undefined);
      writes.stop();
    },
  };
}
