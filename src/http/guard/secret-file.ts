import { readFileSync, statSync } from 'node:fs';

/** The secrets in a file, one a line. None: nobody is let in. */
export type Secrets = () => readonly string[];

/** Makes of a line without space around it, counted from 1, what is wanted of it. Throws where it cannot. */
type ReadLine<T> = (line: string, number: number) => T;

/** A line of a file that cannot be used. Its message does not quote the line, which holds a secret. */
export class BadSecretLine extends Error {
  override readonly name = 'BadSecretLine';
  readonly path: string;
  readonly line: number;
  readonly fault: string;

  constructor(path: string, line: number, fault: string) {
    super(`${path}, line ${String(line)}: ${fault}`);
    this.path = path;
    this.line = line;
    this.fault = fault;
  }
}

/** Who is told what became of a file of secrets. */
export interface SecretFileDeps {
  /** It can no longer be read; what it said last holds. */
  onUnreadable: (error: unknown) => void;
  /** It was changed and has a line that cannot be used; what it said last holds. */
  onBadLine: (fault: BadSecretLine) => void;
  /** It holds none any more, and so lets nobody in. */
  onEmptied: (path: string) => void;
}

/** So old may be what is known of a file: a changed secret counts this much later. */
const lookEveryMs = 1_000;

/**
 * Reads secrets from a file now, and again whenever it has changed, as Kubernetes changes mounted secrets. Several lines
 * allow a change without a gap: the new one is added, senders change over, the old one goes. One that is emptied revokes all. A
 * file that cannot be read later, or has a line that cannot be used, keeps what it said last: it may be in the middle of a
 * change. Throws where it cannot be read now or holds nothing.
 */
export function secretFile(path: string, deps: SecretFileDeps): Secrets;
export function secretFile<T>(path: string, deps: SecretFileDeps, readLine: ReadLine<T>): () => readonly T[];
export function secretFile(
  path: string,
  { onUnreadable, onBadLine, onEmptied }: SecretFileDeps,
  readLine: ReadLine<unknown> = (line) => line,
): () => readonly unknown[] {
  let stamp = stampOf(path);
  let secrets = read(path, readLine);
  if (secrets.length === 0) throw new Error(`${path} holds no secret: one is expected a line`);
  /** Undefined where a line cannot be used: it stays so until the file changes, and is told once. */
  const readAgain = () => {
    try {
      const found = read(path, readLine);
      if (found.length === 0) onEmptied(path);
      return found;
    } catch (error) {
      if (!(error instanceof BadSecretLine)) throw error;
      onBadLine(error);
      return undefined;
    }
  };
  let lookAgainAt = performance.now() + lookEveryMs;
  return () => {
    if (performance.now() < lookAgainAt) return secrets;
    lookAgainAt = performance.now() + lookEveryMs;
    try {
      const now = stampOf(path);
      if (now === stamp) return secrets;
      secrets = readAgain() ?? secrets;
      stamp = now;
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
