/** Takes a place for one request; false where there is none now. */
export type RateLimit = () => boolean;

/** At most `perSecond` requests in the long run and `burst` at once (token bucket). `now` is in milliseconds. */
export function rateLimit(perSecond: number, burst: number, now: () => number): RateLimit {
  let places = burst;
  let at = now();
  return () => {
    const time = now();
    places = Math.min(burst, places + ((time - at) / 1_000) * perSecond);
    at = time;
    if (places < 1) return false;
    places -= 1;
    return true;
  };
}
