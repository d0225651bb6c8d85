/** What one line stands for, if it stands for more than one occurrence. */
export interface Repeats {
  /** Occurrences since the last line of this kind, with the one that the line describes. */
  count: number;
  /** Who caused them: the first 10. */
  peers: string[];
}

/** Bounds how many lines the same thing leaves in the log, however often it happens. */
export interface Throttle {
  /**
   * Calls `write` at once if this kind has been quiet for a window. Otherwise it is counted, and `write` of the latest is called
   * at the end of the window. Kinds are kept in memory, so they must be ours: never what a sender chose.
   */
  tell: (kind: string, peer: string, write: (repeats?: Repeats) => void) => void;
  /** Writes now what would be written at the end of the window. */
  flush: () => void;
}

const defaultWindowMs = 60_000;
const maxPeers = 10;

interface Window {
  timer: NodeJS.Timeout;
  count: number;
  peers: Set<string>;
  write: (repeats: Repeats) => void;
}

/** At most one line of a kind in a window, 60 s by default; the first one is not delayed. */
export function createThrottle(windowMs = defaultWindowMs): Throttle {
  const windows = new Map<string, Window>();

  const writeOf = ({ count, peers, write }: Window) => {
    if (count > 0) write({ count, peers: [...peers] });
  };
  const open = (kind: string) => {
    const timer = setTimeout(() => close(kind), windowMs).unref();
    windows.set(kind, { timer, count: 0, peers: new Set(), write: () => undefined });
  };
  const close = (kind: string) => {
    const window = windows.get(kind);
    windows.delete(kind);
    if (!window || window.count === 0) return;
    open(kind);
    writeOf(window);
  };

  return {
    tell: (kind, peer, write) => {
      const window = windows.get(kind);
      if (!window) {
        open(kind);
        write();
        return;
      }
      window.count += 1;
      if (window.peers.size < maxPeers) window.peers.add(peer);
      window.write = write;
    },
    flush: () => {
      const open = [...windows.values()];
      windows.clear();
      for (const window of open) {
        clearTimeout(window.timer);
        writeOf(window);
      }
    },
  };
}
