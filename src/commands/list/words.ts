import { millisOf } from '../../events/instant.ts';

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const;

/** How long ago an RFC 3339 time is, in a few letters: `12m`; nothing where there is none. */
export function ageOf(time: string | undefined, nowMs = Date.now()): string {
  const millis = Math.max(0, nowMs - millisOf(time ?? ''));
  if (Number.isNaN(millis)) return '';
  // From two of a unit on: 90m says more than 1h.
  const [size, unit] = units.find(([each]) => millis >= 2 * each) ?? [1_000, 's'];
  return `${String(Math.floor(millis / size))}${unit}`;
}

/** The colour of a state of a collection. */
export function colourOfState(state: string) {
  switch (state) {
    case 'uploaded':
      return 'green';
    case 'failed':
      return 'red';
    case 'collecting':
    case 'uploading':
      return 'cyan';
    case 'requested':
      return 'yellow';
    default:
      return undefined;
  }
}
