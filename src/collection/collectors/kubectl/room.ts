import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { Kubectl } from './kubectl.ts';
import type { JcmdPlace } from './place.ts';

/**
 * Throws AttemptFailed where a directory of the JVM has less room than this, or nobody can tell: pod-disk-full,
 * pod-not-writable. A JVM whose JFR runs out of disk ends itself ("An irrecoverable error in Jfr. Shutting down VM",
 * seen with JDK 17 and 25): a recording is never worth that.
 */
export async function requireRoom(
  kubectl: Kubectl,
  place: JcmdPlace,
  directory: string,
  bytes: number,
): Promise<void> {
  const argv = ['df', '-Pk', `${place.root}${directory}`];
  const { stdout } = await kubectl.exec(place.container, argv).catch((error: unknown) => {
    if (!(error instanceof AttemptFailed)) throw error;
    if (error.code === 'program-missing')
      throw new AttemptFailed(
        'pod-not-writable',
        'there is no df in the image to tell how much room there is',
      );
    if (error.code !== 'collector-exited') throw error;
    const { details } = error;
    throw new AttemptFailed('pod-not-writable', `df: ${details.stderrTail ?? 'it is not there'}`, details);
  });
  const available = stdout.split('\n').map(availableIn).find(Boolean);
  if (available === undefined) throw new AttemptFailed('pod-not-writable', `df says: ${stdout.trim()}`);
  const free = Number(available) * 1_024;
  if (free >= bytes) return;
  const message = `${mib(free)} are free and ${mib(bytes)} are needed, or the JVM may end itself (option maxBytes)`;
  throw new AttemptFailed('pod-disk-full', message);
}

/**
 * POSIX: file system, blocks, used, available, capacity, mounted on. Names may hold spaces. By words, because the image's df says what it
 * likes, and a pattern that tries all beginnings would take minutes for some of it.
 */
function availableIn(line: string): string | undefined {
  const words = line.split(/\s+/);
  const at = words.findLastIndex(
    (word, index) => index >= 4 && word.startsWith('/') && words.slice(index - 4, index - 1).every(isNumber),
  );
  return words[at - 2];
}

function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}

function mib(bytes: number): string {
  return `${(Math.floor(bytes / 104_857.6) / 10).toFixed(1)} MiB`;
}
