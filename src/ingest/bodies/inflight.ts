/** What has arrived of one body. */
export interface Held {
  /** Bytes. */
  readonly bytes: number;
  /** Takes so many bytes more. False: there is no room for them now, and nothing has changed. */
  grow(bytes: number): boolean;
  /** It is not sent away any more to make room for others. */
  keep(): void;
  /** Gives all of them back. */
  release(): void;
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

/**
 * Counts the bytes of bodies that are under way, each when it has arrived. Where there is no room for more, the largest body of
 * the source that holds most has to go, unless that is the one which asks: so whatever others hold, one of n sources gets its
 * part of the room, and one of n bodies its part of that.
 */
export function createInflight(options: InflightOptions): Inflight {
  const room = new Room(options);
  return { open: (source, sendAway) => new HeldBytes(room, source, sendAway) };
}

// Classes: there is one for each request, and closures are dearer.
class HeldBytes implements Held {
  bytes = 0;
  readonly source: string;
  sendAway: (() => void) | undefined;
  readonly #room: Room;

  constructor(room: Room, source: string, sendAway: (() => void) | undefined) {
    this.#room = room;
    this.source = source;
    this.sendAway = sendAway;
    if (sendAway) room.leaving.add(this);
  }

  grow(bytes: number): boolean {
    if (!this.#room.makeFor(this, bytes)) return false;
    this.bytes += bytes;
    this.#room.change(this.source, bytes);
    return true;
  }

  keep(): void {
    this.#room.leaving.delete(this);
  }

  release(): void {
    this.keep();
    this.#room.change(this.source, -this.bytes);
    this.bytes = 0;
  }
}

class Room {
  /** Those that can be sent away. */
  readonly leaving = new Set<HeldBytes>();
  readonly #limit: number;
  readonly #share: number;
  readonly #onChange: (bytes: number) => void;
  readonly #bySource = new Map<string, number>();
  #total = 0;

  constructor({ limit, sources, onChange }: InflightOptions) {
    this.#limit = limit;
    this.#share = sources > 1 ? (limit * 3) / 4 : limit;
    this.#onChange = onChange;
  }

  change(source: string, bytes: number): void {
    this.#total += bytes;
    this.#bySource.set(source, this.#of(source) + bytes);
    this.#onChange(this.#total);
  }

  /** Sends others away until there is room for so many bytes more of a body. False: it has no claim to them. */
  makeFor(body: HeldBytes, bytes: number): boolean {
    const { source } = body;
    while (this.#total + bytes > this.#limit || this.#of(source) + bytes > this.#share) {
      const rival = this.#rivalOf(source, bytes);
      if (!rival || (rival.source === source && rival.bytes <= body.bytes + bytes)) return false;
      rival.release();
      rival.sendAway?.();
    }
    return true;
  }

  #rivalOf(source: string, wanted: number): HeldBytes | undefined {
    if (this.#of(source) + wanted <= this.#share) {
      for (const [other, bytes] of [...this.#bySource].sort(([, a], [, b]) => b - a)) {
        const largest = bytes > this.#of(source) + wanted ? this.#largestOf(other) : undefined;
        if (largest) return largest;
      }
    }
    return this.#largestOf(source);
  }

  #largestOf(source: string): HeldBytes | undefined {
    let largest: HeldBytes | undefined;
    for (const body of this.leaving) {
      if (body.source === source && body.bytes > (largest?.bytes ?? 0)) largest = body;
    }
    return largest;
  }

  #of(source: string): number {
    return this.#bySource.get(source) ?? 0;
  }
}
