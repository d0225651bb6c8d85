import { setImmediate } from 'node:timers/promises';
import type { ParsedAlert, UntakenAlert } from './formats/parsed.ts';
import type { AlertSource } from './receive.ts';
import type { Redaction } from './redact/redaction.ts';

/** Redacting may take longer than reading: others have their turn in between. */
const turnMs = 10;

type Source = Pick<AlertSource, 'name' | 'isWanted' | 'format'>;

/** The alerts of a body as they go on, with turns for others in between. */
export async function siftAll(
  alerts: readonly ParsedAlert[],
  source: Source,
  redaction: Redaction | undefined,
): Promise<ParsedAlert[]> {
  if (!redaction) return alerts.map((alert) => sift(alert, source));
  const sifted: ParsedAlert[] = [];
  let turnEnds = performance.now() + turnMs;
  for (const alert of alerts) {
    if (performance.now() > turnEnds) {
      await setImmediate();
      turnEnds = performance.now() + turnMs;
    }
    sifted.push(sift(alert, source, redaction));
  }
  return sifted;
}

/**
 * An alert as it is stored, or as it is answered and counted where it is not. The matchers of the source see what was sent:
 * nothing is stored by then.
 */
export function sift(
  parsed: ParsedAlert,
  { name, isWanted, format: { nameOf } }: Source,
  redaction?: Redaction,
): ParsedAlert {
  if (!('alert' in parsed))
    return redaction ? redactUntaken(parsed, redaction, nameOf !== undefined) : parsed;
  const alert = redaction ? redaction.alert(parsed.alert, nameOf) : parsed.alert;
  if (isWanted(parsed.alert.labels)) return redaction ? { ...parsed, alert } : parsed;
  const { fingerprint, labels, status } = alert;
  return {
    ...{ result: 'filtered', reason: `the matchers of source ${name} do not match`, status },
    ...{ fingerprint, alertname: labels['alertname'] ?? null },
  };
}

/** A malformed alert with a title is named by it; elsewhere names are those of rules. */
function redactUntaken(untaken: UntakenAlert, { text }: Redaction, isTitled: boolean): UntakenAlert {
  const { alertname, fingerprint } = untaken;
  return {
    ...untaken,
    fingerprint: fingerprint === null ? null : text(fingerprint),
    alertname: isTitled && alertname !== null ? text(alertname) : alertname,
  };
}

/** What is wrong with a text that is no JSON, without the part of the text that V8 may quote. */
export function withoutQuote(message: string): string {
  return message.includes('"') ? 'Unexpected token (redact is configured: the body is not quoted)' : message;
}
