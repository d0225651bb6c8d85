import type { Lack } from '../../collection/able/lacks.ts';
import type { PlacedWarning, Rules } from '../../config/file.ts';
import { count } from '../../kernel/explain/words.ts';
import { printable } from '../../telemetry/printable.ts';
import type { Probed } from '../probe/probe.ts';
import type { ToldAlert } from './alerts.ts';

/** What `check` found in a valid file. */
export interface Checked {
  file: string;
  rules: Rules;
  warnings: readonly PlacedWarning[];
  /** What rows need and this machine lacks. */
  lacks: readonly Lack[];
  alerts?: readonly ToldAlert[];
  probes?: readonly Probed[];
}

/** One thing a line: a name may hold a line break. */
export function textOf(checked: Checked): string {
  const { file, rules, warnings, lacks, alerts = [], probes } = checked;
  const { collections, collectors, destination } = rules;
  const counts = `${count(collections.length, 'row')}, collectors ${Object.keys(collectors).join(', ')}`;
  const lines = [
    `${file} is valid: ${counts}, destination ${destination.type}`,
    ...warnings.map((warning) => warningLine(file, warning)),
    // A probe says the same of each program.
    ...(probes ? [] : lacks.map(noteLine)),
    ...alerts.flatMap((each) => each.lines),
    ...(probes ?? []).map(probeLine),
    ...(probes ? [sumLine(probes)] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function warningLine(file: string, { where, line, message, action }: PlacedWarning): string {
  const place = line === undefined ? file : `${file}:${String(line)}`;
  return `${place}: warning: ${line === undefined ? '' : `${where}: `}${message}. What to do: ${action}`;
}

function noteLine({ rows, sentence, action, stops }: Lack): string {
  const cannot = stops === 'recording' ? 'could not record' : 'could not find pods';
  return `note: from here ${rows.length === 1 ? 'row' : 'rows'} ${rows.join(', ')} ${cannot}: ${sentence}. What to do: ${action}`;
}

function probeLine(probed: Probed): string {
  const { name, result, detail } = probed;
  const action = probed.result === 'failed' ? `. What to do: ${probed.action}` : '';
  return `${result.padEnd(8)}${name}: ${detail}${action}`;
}

function sumLine(probes: readonly Probed[]): string {
  const of = (result: Probed['result']) => String(probes.filter((each) => each.result === result).length);
  return `${of('ok')} ok, ${of('failed')} failed, ${of('skipped')} skipped`;
}

/** The same for programs. */
export function jsonOf({ file, rules, warnings, lacks, alerts, probes }: Checked): object {
  const { collections, collectors, destination } = rules;
  return {
    file,
    valid: true,
    errors: [],
    warnings,
    rows: collections.map(({ name }) => name),
    collectors: Object.keys(collectors),
    destination: destination.type,
    lacks,
    ...(alerts ? { alerts } : {}),
    ...(probes ? { probes } : {}),
  };
}
