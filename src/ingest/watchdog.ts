import type { LookUp } from '../book/told.ts';
import { createEvent, decodeEvent, isEvent, type StoredEvent } from '../events/envelope.ts';
import { millisOf, timeOf } from '../events/instant.ts';
import { silenceScheduleSubject, sourceSubject } from '../events/subjects.ts';
import { append, schedule } from '../log/write/append.ts';
import type { Connection } from '../log/connection.ts';
import { WrongLastSequence } from '../log/errors.ts';
import { lastOn } from '../log/read.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReactorMetrics } from '../kernel/react/metrics.ts';
import type { IngestMetrics } from './metrics.ts';

export interface WatchdogDeps {
  connection: Connection;
  stream: string;
  /** Milliseconds since 1970. */
  now: () => number;
  logger: Logger;
  metrics: Pick<IngestMetrics, 'sourceLastHeard' | 'sourceSilent'> & Pick<ReactorMetrics, 'lateTimers'>;
}

export interface WatchedSource {
  name: string;
  silenceSeconds: number;
}

export interface Watchdog {
  /** The source has just been heard. Returns at once. */
  heard: () => void;
  stop: () => Promise<void>;
}

const maxLookEveryMs = 30_000;
/** The server's timers go off within milliseconds. */
const timerGraceMs = 60_000;

/**
 * Says so on the stream when a source is silent for too long, and when it is heard again: SourceSilent, SourceHeard. The timer
 * is the server's: whichever process hears the source moves it, and it goes off also where no process is alive. It is
 * moved at most ten times in a silence, and set as much later: silence is never told too early, and a tenth late at most.
 */
export function createWatchdog({ name, silenceSeconds }: WatchedSource, deps: WatchdogDeps): Watchdog {
  const { connection, stream, now, logger, metrics } = deps;
  const silenceMs = silenceSeconds * 1_000;
  const lookEveryMs = Math.min(silenceMs / 10, maxLookEveryMs);
  const timer = silenceScheduleSubject(name);
  const filter = sourceSubject(name, '>');
  const lookUp: LookUp = (subject) => lastOn(connection, stream, subject);
  let heardAt: number | undefined;
  let movedFor: number | undefined;
  let isSilent = false;
  let isFailing = false;
  let running: Promise<void> | undefined;

  const moveTimer = async (sinceMs: number) => {
    const at = timeOf(sinceMs + silenceMs + lookEveryMs);
    const data = { source: name, since: timeOf(sinceMs), silenceSeconds };
    const event = createEvent('SourceSilent', data, { part: 'ingest', time: at });
    await schedule(connection, { subject: timer, at, event });
    movedFor = sinceMs;
  };

  const keepTimer = async (heard: number | undefined) => {
    const message = await lookUp(timer);
    const due = millisOf((message?.header('Nats-Schedule') ?? '').replace('@at ', ''));
    if (Number.isNaN(due)) await moveTimer(heard ?? now());
    else if (due < now() - timerGraceMs) {
      metrics.lateTimers.inc({ timer: 'source' });
      // One whose time is over goes off at once.
      await moveTimer(heard ?? due - silenceMs - lookEveryMs);
    }
  };

  const endSilence = async ({ data, sequence }: StoredEvent<'SourceSilent'>, heard: number) => {
    const event = createEvent(
      'SourceHeard',
      { source: name, since: data.since, heardAt: timeOf(heard) },
      { part: 'ingest', time: timeOf(now()) },
    );
    try {
      await append(connection, event, { lastSequence: sequence, filter });
    } catch (error) {
      // Another process was first.
      if (!(error instanceof WrongLastSequence)) throw error;
    }
  };

  const look = async () => {
    const heard = heardAt;
    // First, so that a timer that went off before is seen below.
    if (heard !== undefined && heard !== movedFor) await moveTimer(heard);
    const silence = await readSilence(lookUp, name);
    const isOver = silence !== undefined && heard !== undefined && heard > millisOf(silence.time);
    if (isOver) await endSilence(silence, heard);
    // Nobody has heard it yet, somebody purged the timer, or the stream was full when it should have gone off.
    if (!silence) await keepTimer(heard);
    tell(silence !== undefined && !isOver, silence?.data.since);
  };

  const tell = (silent: boolean, since: string | undefined) => {
    metrics.sourceSilent.set({ source: name }, silent ? 1 : 0);
    if (silent && !isSilent)
      logger.warn({ source: name, since, silenceSeconds }, 'a source of alerts is silent');
    if (!silent && isSilent) logger.info({ source: name }, 'a source of alerts is heard again');
    isSilent = silent;
  };

  const run = () => {
    running ??= look()
      .then(
        () => void (isFailing = false),
        (err: unknown) => {
          const level = isFailing ? 'debug' : 'warn';
          logger[level]({ err, source: name }, 'a silence of this source may go unnoticed; retrying');
          isFailing = true;
        },
      )
      .finally(() => (running = undefined));
  };
  const interval = setInterval(run, lookEveryMs);
  run();

  return {
    heard: () => {
      heardAt = now();
      if (isSilent || movedFor === undefined || heardAt - movedFor >= lookEveryMs) run();
    },
    stop: async () => {
      clearInterval(interval);
      await running;
    },
  };
}

/** The silence that has not ended. Asks for two subjects, so that a process may be allowed to read them and nothing else. */
export async function readSilence(
  lookUp: LookUp,
  name: string,
): Promise<StoredEvent<'SourceSilent'> | undefined> {
  const [silent, heard] = await Promise.all(
    ['SourceSilent', 'SourceHeard'].map((type) => lookUp(sourceSubject(name, type))),
  );
  if (!silent || silent.sequence < (heard?.sequence ?? 0)) return undefined;
  const event = decodeEvent(silent);
  return isEvent(event) && event.type === 'SourceSilent' ? event : undefined;
}
