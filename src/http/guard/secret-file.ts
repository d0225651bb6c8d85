import { readFileSync, statSync } from 'node:fs';

/** The secrets in a file, one a line. None: nobody is let in. */
export type Secrets = () => readonly string[];

/** Makes of a line without space around it, counted from 1, what is wanted of it. Throws where it cannot. */
type ReadLine<T> = (line: string, number: number) => T;

/** Who is told what became of a file of secrets. */
export interface SecretFileDeps {
  /** It can no longer be read; what it said last holds. */
  onUnreadable: (error: unknown) => void;
  /** It holds none any more, and so lets nobody in. */
  onEmptied: (path: string) => void;
}

/** So old may be what is known of a file: a changed secret counts this much later. */
const lookEveryMs = 1_000;

/**
 * Reads secrets from a file now, and again whenever it has changed, as Kubernetes changes mounted secrets. Several lines
 * allow a change without a gap: the new one is added, senders change over, the old one goes. One that is emptied revokes all. A
 * file that cannot be read later keeps what it said last: it may be in the middle of a change. Throws where it cannot be read
 * now or holds nothing.
 */
export function secretFile(path: string, deps: SecretFileDeps): Secrets;
export function secretFile<T>(path: string, deps: SecretFileDeps, readLine: ReadLine<T>): () => readonly T[];
export function secretFile(
  path: string,
  { onUnreadable, onEmptied }: SecretFileDeps,
  readLine: ReadLine<unknown> = (line) => line,
): () => readonly unknown[] {
  let stamp = stampOf(path);
  let secrets = read(path, readLine);
  if (secrets.length === 0) throw new Error(`${path} holds no secret: one is expected a line`);
  let lookAgainAt = performance.now() + lookEveryMs;
  return () => {
    if (performance.now() < lookAgainAt) return secrets;
    lookAgainAt = performance.now() + lookEveryMs;
    try {
      const now = stampOf(path);
      if (now === stamp) return secrets;
      secrets = read(path, readLine);
      stamp = now;
      if (secrets.length === 0) onEmptied(path);
    } catch (error) {
      onUnreadable(error);
    }
    return secrets;
  };
}

/** Another one where it has changed. With its size: a file is often emptied and written within one tick of its clock. */
function stampOf(path: string): string {
  const { mtimeMs, ino, size } = statSync(path);
  return [mtimeMs, ino, size].join();
}

function read<T>(path: string, readLine: ReadLine<T>): T[] {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/).map((line) => line.trim()); // prettier-ignore
  return lines.flatMap((line, index) => (line === '' ? [] : [readLine(line, index + 1)]));
}
