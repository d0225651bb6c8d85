import { nanosOf } from '../../../src/events/instant.ts';
import { bytesOf, type Expected, isRecord, type Limits, own, type Verdict } from './oracle.ts';

/** The rules of `format: alerts`, written down here once more. Which id such an alert gets is left open. */
export function expectedOfTitled(body: unknown, idempotencyKey: string, limits: Limits): Expected {
  if (!isRecord(body)) return { status: 400 };
  const { alerts, batch_id: batchId, metadata } = own(body);
  const isBatch = batchId === undefined || (typeof batchId === 'string' && isShort(batchId));
  if (!Array.isArray(alerts) || !isBatch || !isRecordOrAbsent(metadata)) return { status: 400 };
  if (idempotencyKey.length > 256) return { status: 400 };
  const verdicts = alerts.map((alert) => verdictOf(alert, bytesOf(metadata ?? {}), limits));
  const isRefused = verdicts.length > 0 && verdicts.every(({ taken }) => taken === 'no');
  return { status: isRefused ? 400 : 200, verdicts };
}

function verdictOf(alert: unknown, around: number, { maxAlertBytes }: Limits): Verdict {
  if (!isRecord(alert)) return { taken: 'no' };
  const { title, source, status, id } = own(alert);
  const given = own(alert);
  const isTitle = typeof title === 'string' && title.trim() !== '';
  const areTexts = ['description', 'type', 'severity'].every((name) => isTextOrAbsent(given[name]));
  const areRecords = ['context', 'data', 'metrics'].every((name) => isRecordOrAbsent(given[name]));
  const isSource = source === undefined || (isRecord(source) && ['name', 'type'].every((name) => isTextOrAbsent(own(source)[name]))); // prettier-ignore
  const isStatus =
    status === undefined || (typeof status === 'string' && /^(firing|resolved)$/i.test(status));
  const isId = id === undefined || Number.isInteger(id) || (typeof id === 'string' && isShort(id));
  const areTimes = ['startsAt', 'timestamp', 'endsAt'].every((name) => isTimeOrAbsent(given[name]));
  if (!isTitle || !areTexts || !areRecords || !isSource || !isStatus || !isId || !areTimes)
    return { taken: 'no' };
  // JSON within JSON is escaped twice, and the title stands in it twice.
  return { taken: 4 * (bytesOf(alert) + around) + 2_000 < maxAlertBytes ? 'yes' : 'either' };
}

function isTimeOrAbsent(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'string') return false;
  return nanosOf(value) !== undefined || nanosOf(`${value}Z`) !== undefined;
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isRecordOrAbsent(value: unknown): boolean {
  return value === undefined || isRecord(value);
}

function isShort(text: string): boolean {
  return text.length > 0 && text.length <= 256;
}
