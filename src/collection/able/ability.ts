import { kept } from '../../telemetry/kept.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { CollectionRules } from '../config.ts';
import { type Lack, lacksOf, programsOf } from './lacks.ts';

/** Whether rows can record on this machine, looked at again and again. */
export interface Ability {
  /** False where this process does not record: then nothing is known. */
  isLooking: boolean;
  /** What was missing when it was last looked. */
  known: () => readonly Lack[];
  /** Looks again from now on. Returns what ends it. */
  keepLooking: () => () => void;
}

/** A program that is installed later counts this much later. */
const lookEveryMs = 30_000;

/** Of a process that does not record. */
export const noAbility: Ability = { isLooking: false, known: () => [], keepLooking: () => () => undefined };

/**
 * Looks now, and says in the log and in a gauge which rows cannot record, and later what has changed: nobody should learn that
 * from the first alert.
 */
export function createAbility(
  rules: Pick<CollectionRules, 'collections' | 'collectors'>,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
  everyMs = lookEveryMs,
): Ability {
  let known: readonly Lack[] = [];
  let looking: Promise<readonly Lack[]> | undefined;
  const lookOnce = async () => {
    const before = known;
    known = await lacksOf(rules);
    tell(logger, before, known);
    return known;
  };
  const look = () => (looking ??= lookOnce().finally(() => (looking = undefined)));
  const atScrape = kept(look);
  metrics.watchSeries(
    'collector_available',
    '1 where this process finds the programs of a collector, 0 where it does not.',
    'collector',
    async () => {
      const missing = (await atScrape())?.filter(({ program }) => program !== undefined);
      const names = new Set(missing?.map(({ collector }) => collector));
      const used = new Set(programsOf(rules).map(({ collector }) => collector));
      return [...used].map((collector) => [collector, names.has(collector) ? 0 : 1]);
    },
  );
  void look();
  return {
    isLooking: true,
    known: () => known,
    keepLooking: () => {
      const timer = setInterval(() => void look(), everyMs);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}

/** Each lack once when it comes, and once when it is gone. */
function tell(logger: Logger, before: readonly Lack[], now: readonly Lack[]): void {
  const sentencesOf = (lacks: readonly Lack[]) => new Set(lacks.map(({ sentence }) => sentence));
  const [known, still] = [sentencesOf(before), sentencesOf(now)];
  for (const { sentence, action, stops, ...facts } of now) {
    if (known.has(sentence)) continue;
    const cannot = `${rowsText(facts.rows)} cannot ${verbOf[stops]}`;
    const path = facts.program === undefined ? {} : { path: process.env['PATH'] ?? '' };
    logger.error(
      { ...facts, ...path },
      `${cannot}: ${sentence}. Alerts are stored, and other rows work. What to do: ${action}`,
    );
  }
  for (const { sentence, stops, rows, collector } of before) {
    if (still.has(sentence)) continue;
    logger.info(
      { rows, collector },
      `${rowsText(rows)} can ${verbOf[stops]} now; what was wrong before: ${sentence}`,
    );
  }
}

const verbOf = { recording: 'record', targets: 'find pods' };

function rowsText(rows: readonly string[]): string {
  return `${rows.length === 1 ? 'row' : 'rows'} ${rows.join(', ')}`;
}
