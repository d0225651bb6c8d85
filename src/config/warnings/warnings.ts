import { builtInCollector } from '../../collection/built-in.ts';
import type { Rules } from '../file.ts';
import { warningsOfLabels } from './labels.ts';
import { warningsOfRows } from './rows.ts';

/** What of a valid configuration is most likely a mistake. The service starts all the same. */
export interface Warning {
  /** For programs. None gets a second meaning. */
  code: 'empty-file' | 'no-rows' | 'duplicate-name' | 'unreachable-row' | 'unknown-label';
  /** Where in the file. */
  keys: string[];
  /** What is wrong. */
  message: string;
  /** What to do about it. */
  action: string;
}

/** All warnings, in the order of the file. `isEmpty`: nothing stands in it, so that the built-in default applies. */
export function warningsOf(rules: Rules, isEmpty: boolean): Warning[] {
  if (isEmpty) return [emptyFile(rules)];
  const noRows = rules.collections.length === 0 ? [withoutRows] : [];
  return [...noRows, ...warningsOfRows(rules), ...warningsOfLabels(rules)];
}

const withoutRows: Warning = {
  code: 'no-rows',
  keys: ['collections'],
  message: 'collections has no row: alerts are stored, and nothing is ever recorded',
  action: 'add a row, or remove the key to have the built-in default',
};

function emptyFile(rules: Rules): Warning {
  return {
    code: 'empty-file',
    keys: [],
    message: `the file is empty, so the built-in default applies: ${defaultText(rules)}`,
    action: 'add a row to collections: docs/configuration.md, "The file"',
  };
}

/** What is recorded by what, in a few words: for who has configured nothing. */
export function defaultText({ collections, collectors }: Rules): string {
  const ofRows = collections.map(({ match, plan: { collector, durationSeconds } }) => {
    return `alerts with ${match.join(', ')} are recorded for ${String(durationSeconds)} s by ${collector}`;
  });
  const isBuiltIn = collections.some(({ plan }) => collectors[plan.collector] === builtInCollector);
  return `${ofRows.join('; ')}${isBuiltIn ? " (hemako: a company's own tool, which does not come with Alert Watcher)" : ''}`;
}
