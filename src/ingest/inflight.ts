/** What has arrived of one body. */
export interface Held {
  /** Bytes. */
  readonly bytes: number;
  /** Takes so many bytes more. False: there is no room for them now, and nothing has changed. */
  grow: (bytes: number) => boolean;
  /** It is not sent away any more to make room for others. */
  keep: () => void;
  /** Gives all of them back. */
  release: () => void;
}

export interface Inflight {
  /** Nothing is held yet. `sendAway` is called, after its bytes were given back, where others need its room. */
  open: (source: string, sendAway?: () => void) => Held;
}

export interface InflightOptions {
  /** Bytes of all bodies together. */
  limit: number;
  /** How many there are that can send. One of several has three quarters at most. */
  sources: number;
  onChange: (bytes: number) => void;
}

interface Body extends Held {
  readonly source: string;
  sendAway: (() => void) | undefined;
}

/**
 * Counts the bytes of bodies that are under way, each when it has arrived. Where there is no room for more, the largest body of
 * the source that holds most has to go, unless that is the one which asks: so whatever others hold, one of n sources gets its
 * part of the room, and one of n bodies its part of that.
 */
export function createInflight({ limit, sources, onChange }: InflightOptions): Inflight {
  const share = sources > 1 ? (limit * 3) / 4 : limit;
  const bySource = new Map<string, number>();
  const bodies = new Set<Body>();
  let total = 0;
  const of = (source: string) => bySource.get(source) ?? 0;
  const change = (source: string, bytes: number) => {
    total += bytes;
    bySource.set(source, of(source) + bytes);
    onChange(total);
  };
  const largestOf = (source: string): Body | undefined => {
    let largest: Body | undefined;
    for (const body of bodies) {
      if (body.source === source && body.sendAway && body.bytes > (largest?.bytes ?? 0)) largest = body;
    }
    return largest;
  };
  /** Who has to go for bytes of that source. Undefined: it has no claim to more. */
  const rivalOf = (source: string, wanted: number): Body | undefined => {
    if (of(source) + wanted <= share) {
      for (const [other, bytes] of [...bySource].sort(([, a], [, b]) => b - a)) {
        const largest = bytes > of(source) + wanted ? largestOf(other) : undefined;
        if (largest) return largest;
      }
    }
    return largestOf(source);
  };
  const makeRoom = (source: string, own: number, bytes: number): boolean => {
    while (total + bytes > limit || of(source) + bytes > share) {
      const rival = rivalOf(source, bytes);
      if (!rival || (rival.source === source && rival.bytes <= own + bytes)) return false;
      const { sendAway } = rival;
      rival.release();
      sendAway?.();
    }
    return true;
  };
  return {
    open: (source, sendAway) => {
      let own = 0;
      const body: Body = {
        source,
        sendAway,
        get bytes() {
          return own;
        },
        grow: (bytes) => {
          if (!makeRoom(source, own, bytes)) return false;
          own += bytes;
          change(source, bytes);
          return true;
        },
        keep: () => (body.sendAway = undefined),
        release: () => {
          bodies.delete(body);
          change(source, -own);
          own = 0;
        },
      };
      bodies.add(body);
      return body;
    },
  };
}
