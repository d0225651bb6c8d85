import type { AttemptFailed } from '../../kernel/react/failures.ts';
import { whyNotStartable } from '../../programs/find-program.ts';
import { kept } from '../../telemetry/kept.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { CollectionRules } from '../config.ts';
import { rowOfCollector } from './rows.ts';

type Rules = Pick<CollectionRules, 'collections' | 'collectors'>;

/** A collector that rows of the policy use, and the program of this machine that it starts. */
export interface ProgramUse {
  collector: string;
  program: string;
  /** Names of the rows. */
  rows: string[];
}

/** The programs without which rows of the policy record nothing. */
export function programsOf({ collections, collectors }: Rules): ProgramUse[] {
  return Object.entries(collectors).flatMap(([collector, config]) => {
    const programs = rowOfCollector(config).programs?.(config) ?? [];
    const rows = collections.filter(({ plan }) => plan.collector === collector).map(({ name }) => name);
    return rows.length === 0 ? [] : programs.map((program) => ({ collector, program, rows }));
  });
}

/** Those that cannot be started here, and why. */
export async function unavailable(rules: Rules): Promise<(ProgramUse & { failure: AttemptFailed })[]> {
  const uses = await Promise.all(
    programsOf(rules).map(async (use) => ({ ...use, failure: await whyNotStartable(use.program) })),
  );
  return uses.flatMap(({ failure, ...use }) => (failure ? [{ ...use, failure }] : []));
}

/** Says at the start, and then in a gauge, which collectors cannot record: nobody should learn that from the first alert. */
export function watchPrograms(
  rules: CollectionRules,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): void {
  const missing = kept(() => unavailable(rules));
  metrics.watchSeries(
    'collector_available',
    '1 where this process finds the program of a collector, 0 where it does not.',
    'collector',
    async () => {
      const names = new Set((await missing())?.map(({ collector }) => collector));
      const used = new Set(programsOf(rules).map(({ collector }) => collector));
      return [...used].map((collector) => [collector, names.has(collector) ? 0 : 1]);
    },
  );
  void unavailable(rules).then((found) => {
    for (const { failure, ...use } of found) {
      logger.error(
        { ...use, code: failure.code, path: process.env['PATH'] ?? '' },
        `collector ${use.collector} can record nothing: ${failure.message}. Alerts are stored and other collectors work. ${advice}`,
      );
    }
  });
}

const advice =
  'Add the program to the image or mount it, or choose another collector: docs/deployment.md, "The program of a collector"';
