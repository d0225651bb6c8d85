import { styleText } from 'node:util';
import type { PodState } from '../../collection/pod/aggregate.ts';
import type { PodHistoryEntry } from '../../collection/pod/history.ts';
import { count } from '../../kernel/explain/words.ts';
import { printable } from '../../telemetry/printable.ts';

/** An event and what it did, for people. */
export function textOf(entry: PodHistoryEntry): string {
  const { data, unreadable, before, after, changed } = entry;
  const lines = [headOf(entry)];
  if (unreadable !== undefined) lines.push(`  ${styleText('yellow', printable(unreadable))}`);
  if (data !== undefined) lines.push(`  data   ${printable(JSON.stringify(data))}`);
  if (before === null) return `${lines.join('\n')}\n`;
  lines.push(`  before ${inShort(before)}`);
  lines.push(changed ? `  after  ${inShort(after)}` : `  ${styleText('dim', 'changes nothing')}`);
  return `${[...lines, ...effectsOf(entry)].join('\n')}\n`;
}

/** Sequence, time, type, and what it is about. */
export function headOf({ sequence, storedAt, type, subject }: PodHistoryEntry): string {
  const about = subject.split('.').slice(2, 5).map(decodeToken).join('/');
  const when = styleText('dim', `#${String(sequence)} ${storedAt}`);
  return `${when} ${styleText('bold', type ?? 'unreadable')} ${about}`;
}

/** What the reactors do because of it, as lines. */
export function effectsOf({ effects }: PodHistoryEntry): string[] {
  return effects.length === 0
    ? []
    : [`  then   ${effects.join(', ')} ${styleText('dim', '(not run by a replay)')}`];
}

/** A state in one line; all of it is in the JSON. */
export function inShort(state: PodState | null): string {
  if (!state) return 'none';
  const { value, current, uploads, failed, cooldown } = state;
  const parts: string[] = [];
  if (!current) parts.push(value);
  else {
    const { collectionId, run, attempts, alerts, plan, retryAt } = current;
    const tried = `${String(attempts)} of ${String(plan.maxAttempts)} attempts`;
    parts.push(`${value} ${collectionId} run ${String(run)}, ${tried}, ${count(alerts.length, 'alert')}`);
    if (retryAt !== undefined) parts.push(`next attempt at ${retryAt}`);
  }
  for (const upload of Object.values(uploads)) {
    parts.push(
      `uploading ${upload.collectionId} run ${String(upload.run)}, ${String(upload.attempts)} attempts`,
    );
  }
  for (const each of Object.values(failed)) {
    parts.push(
      `failed ${each.collectionId} run ${String(each.run)} (${each.stage}: ${each.lastError?.code ?? ''})`,
    );
  }
  if (cooldown) parts.push(`cooldown until ${cooldown.until}`);
  return printable(parts.join('; '));
}

function decodeToken(token: string): string {
  try {
    return printable(decodeURIComponent(token));
  } catch {
    return printable(token);
  }
}
