/** Times, durations and sizes in words. Pure but for the zone and the language of the viewer. */

/**
 * How long ago or ahead, in one unit: `now`, `12 s ago`, `in 3 min`, `2 h ago`, `5 d ago`.
 *
 * @param {number} millis
 * @param {number} now in milliseconds since 1970, as `millis`
 */
export function relative(millis, now) {
  const seconds = Math.round((millis - now) / 1_000);
  const size = Math.abs(seconds);
  if (size < 1) return 'now';
  const text = inOneUnit(size);
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

/** @param {number} seconds */
function inOneUnit(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * A length of time: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 4 min`.
 *
 * @param {number} millis
 */
export function duration(millis) {
  const seconds = millis / 1_000;
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** @param {number} count */
export function bytes(count) {
  if (count < 1_024) return `${count} B`;
  if (count < 1_048_576) return `${(count / 1_024).toFixed(0)} KiB`;
  if (count < 1_073_741_824) return `${(count / 1_048_576).toFixed(1)} MiB`;
  return `${(count / 1_073_741_824).toFixed(2)} GiB`;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/**
 * In the viewer's zone, as short as it is clear: the time today, else with the day.
 *
 * @param {number} millis
 * @param {number} now
 */
export function local(millis, now) {
  const isToday = new Date(millis).toDateString() === new Date(now).toDateString();
  return isToday ? clock.format(millis) : `${day.format(millis)}, ${clock.format(millis)}`;
}

const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/**
 * For an axis: no more exact than what is shown.
 *
 * @param {number} millis
 * @param {number} span milliseconds that the whole axis shows
 */
export function tick(millis, span) {
  if (span < 1_800_000) return clock.format(millis);
  return span < 64_800_000 ? minute.format(millis) : `${day.format(millis)} ${minute.format(millis)}`;
}

/**
 * For a title: in the viewer's zone and in UTC.
 *
 * @param {number} millis
 */
export function full(millis) {
  return `${whole.format(millis)}\n${new Date(millis).toISOString()} (UTC)`;
}
