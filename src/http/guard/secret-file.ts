import { readFileSync, statSync } from 'node:fs';

/** The secrets in a file, one a line. */
export type Secrets = () => readonly string[];

/** So old may be what is known of a file: a changed secret counts this much later. */
const lookEveryMs = 1_000;

/**
 * Reads secrets from a file now, and again whenever it has changed, as Kubernetes changes mounted secrets. Several lines
 * allow a change without a gap: the new one is added, senders change over, the old one goes. A file that cannot be read
 * later keeps what it said last, and is told of. Throws where it cannot be read now or holds nothing.
 */
export function secretFile(path: string, onUnreadable: (error: unknown) => void): Secrets {
  const { mtimeMs, ino } = statSync(path);
  let seen = { mtimeMs, ino, lookAgainAt: performance.now() + lookEveryMs };
  let secrets = read(path);
  return () => {
    if (performance.now() < seen.lookAgainAt) return secrets;
    seen.lookAgainAt = performance.now() + lookEveryMs;
    try {
      const now = statSync(path);
      if (now.mtimeMs === seen.mtimeMs && now.ino === seen.ino) return secrets;
      secrets = read(path);
      seen = { ...seen, mtimeMs: now.mtimeMs, ino: now.ino };
    } catch (error) {
      onUnreadable(error);
    }
    return secrets;
  };
}

function read(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/).map((line) => line.trim()).filter(Boolean); // prettier-ignore
  if (lines.length === 0) throw new Error(`${path} holds no secret: one is expected a line`);
  return lines;
}
