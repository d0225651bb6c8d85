/** One setting in which the server is not as the file says. Absent on the server: `actual` is undefined. */
export interface StreamDifference {
  /** `stream NAME`, `consumer NAME`. */
  what: string;
  setting: string;
  wanted: unknown;
  actual: unknown;
}

/** What operators own: their choice is no difference. */
export const operators = new Set([
  'num_replicas',
  'max_bytes',
  'max_age',
  'description',
  'placement',
  'max_msgs',
]);

/** What to do about a difference that breaks nothing yet; empty for others. */
export function adviceOn({ setting, wanted }: StreamDifference): string {
  if (setting === 'ack_wait')
    return (
      ` (nanoseconds), as ACK_WAIT_SECONDS has it: ${String(Number(wanted) / 1e9)} s. Processes go by what the server has; ` +
      '`alert-watcher streams apply`, with that variable, changes it'
    );
  if (setting !== 'discard' || wanted !== 'old') return '';
  return (
    '. Run `alert-watcher streams apply` before you upgrade NATS: a nats-server from 2.14.2 on (of 2.12: from 2.12.10 on) ' +
    'does not show a stream that has this and timers'
  );
}

export function sentence({ what, setting, wanted, actual }: StreamDifference): string {
  if (setting === 'exists') return `  ${what} does not exist`;
  return `  ${what}: ${setting} is ${actual === undefined ? 'absent' : JSON.stringify(actual)}, not ${JSON.stringify(wanted)}`;
}

/** Every setting of a file that the server has otherwise. */
export function compare(what: string, wanted: object, actual: object | undefined): StreamDifference[] {
  if (!actual) return [{ what, setting: 'exists', wanted: true, actual: undefined }];
  const settings = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(wanted)
    .filter(([setting, value]) => !operators.has(setting) && !isSame(value, settings.get(setting)))
    .map(([setting, value]) => ({ what, setting, wanted: value as unknown, actual: settings.get(setting) }));
}

// The server leaves out settings that are false or 0.
function isSame(wanted: unknown, actual: unknown): boolean {
  if (actual === undefined) return wanted === false || wanted === 0 || wanted === -1;
  return JSON.stringify(wanted) === JSON.stringify(actual);
}
