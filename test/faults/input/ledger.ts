import type { Expected, Verdict } from './oracle.ts';

/** An answer of the webhook. */
export interface Answer {
  status: number;
  contentType: string;
  text: string;
}

/** What the service has said of the alerts so far. Held against the stream at the end. */
export interface Ledger {
  accepted: Set<string>;
  duplicates: Set<string>;
  /** Of bodies that were answered 503: each may be stored or not. */
  open: Set<string>;
  /** One of them had alerts whose ids are not known. */
  hasUnknown: boolean;
}

interface Result {
  fingerprint: unknown;
  id: unknown;
  result: unknown;
  reason?: unknown;
}

export const createLedger = (): Ledger => ({
  accepted: new Set(),
  duplicates: new Set(),
  open: new Set(),
  hasUnknown: false,
});

/** Notes an answer, and says what is wrong with it: one sentence each. */
export function check(answer: Answer, expected: Expected, ledger: Ledger): string[] {
  const { status, contentType } = answer;
  const json = parsed(answer.text);
  if (json === undefined) return [`the answer ${String(status)} is not JSON`];
  if (!contentType.includes('json')) return [`the answer's content type is ${contentType}`];
  const verdicts = 'verdicts' in expected ? expected.verdicts : [];
  if (status === 503) {
    for (const { id, otherId } of verdicts) {
      if (id === undefined) ledger.hasUnknown = true;
      for (const each of [id, otherId]) if (each !== undefined) ledger.open.add(each);
    }
    return [];
  }
  if (expected.status === 'any') {
    return status === 202 || (status >= 400 && status < 500) ? [] : [`the answer is ${String(status)}`];
  }
  const isTaken = status === 200 || status === 202;
  const mayBeEither = verdicts.length > 0 && verdicts.every(({ taken }) => taken !== 'yes');
  if ((isTaken ? 200 : status) !== expected.status && !(mayBeEither && status === 400)) {
    return [
      `the answer is ${String(status)} and not ${String(expected.status)}: ${answer.text.slice(0, 300)}`,
    ];
  }
  const code = isTaken ? 'all-alerts-rejected' : json['code'];
  if (!isTaken && (json['status'] !== status || typeof code !== 'string')) return ['no problem details'];
  if (code !== 'all-alerts-rejected') return [];
  const results = Array.isArray(json['alerts']) ? (json['alerts'] as Result[]) : [];
  const faults = verdicts.flatMap((verdict, index) => checkOne(results[index], verdict, index, ledger));
  if (results.length !== verdicts.length)
    faults.push(`${String(results.length)} results for ${String(verdicts.length)} alerts`);
  for (const [field, result] of [
    ['accepted', 'accepted'],
    ['duplicates', 'duplicate'],
    ['renewed', 'renewed'],
  ] as const) {
    const count = results.filter((each) => each.result === result).length;
    if (json[field] !== count) faults.push(`${field} is ${String(json[field])} and not ${String(count)}`);
  }
  return faults;
}

function checkOne(result: Result | undefined, verdict: Verdict, index: number, ledger: Ledger): string[] {
  const alert = `alert ${String(index)}`;
  if (!result) return [`${alert} has no result`];
  const { fingerprint, id, result: outcome, reason } = result;
  if (outcome === 'rejected') {
    if (verdict.taken === 'yes') return [`${alert} is well-formed and rejected: ${String(reason)}`];
    return id === null && typeof reason === 'string' && reason !== ''
      ? []
      : [`${alert} is rejected without a reason`];
  }
  if (outcome !== 'accepted' && outcome !== 'renewed' && outcome !== 'duplicate')
    return [`${alert} is ${JSON.stringify(outcome)}`];
  if (verdict.taken === 'no') return [`${alert} is malformed and ${outcome}`];
  if (verdict.fingerprint !== undefined && fingerprint !== verdict.fingerprint) {
    return [`${alert} has the fingerprint ${String(fingerprint)} and not ${verdict.fingerprint}`];
  }
  // Where labels had to be left out, the fingerprint is not that of those which are left.
  const mayBeOther = outcome !== 'accepted' || verdict.taken === 'either';
  const isOtherKnown = mayBeOther && id === verdict.otherId;
  if (typeof id !== 'string') return [`${alert} is ${outcome} and has no id`];
  if (verdict.id !== undefined && id !== verdict.id && !isOtherKnown) {
    return [`${alert} has the id ${id} and not ${verdict.id}`];
  }
  // Told otherwise meanwhile, or not: either way it was there.
  if (outcome !== 'accepted') {
    ledger.duplicates.add(id);
    return [];
  }
  if (ledger.accepted.has(id)) return [`${alert} is accepted a second time`];
  ledger.accepted.add(id);
  return [];
}

/** Holds the ledger against the ids of the AlertReceived that lie on the stream, in order. */
export function reconcile(ledger: Ledger, stored: readonly string[]): string[] {
  const { accepted, duplicates, open, hasUnknown } = ledger;
  const onStream = new Set(stored);
  const faults = onStream.size === stored.length ? [] : ['an id lies on the stream twice'];
  const complain = (ids: Iterable<string>, isFault: (id: string) => boolean, what: string) => {
    for (const id of ids) if (isFault(id)) faults.push(`${id} ${what}`);
  };
  complain(accepted, (id) => !onStream.has(id), 'was accepted and is not on the stream');
  complain(duplicates, (id) => !onStream.has(id), 'was called a duplicate and is not on the stream');
  const isOpen = (id: string) => open.has(id) || (hasUnknown && duplicates.has(id));
  complain(onStream, (id) => !accepted.has(id) && !isOpen(id), 'is on the stream and was never accepted');
  return faults;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
