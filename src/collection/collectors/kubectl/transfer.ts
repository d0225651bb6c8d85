import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { Kubectl } from './kubectl.ts';

/** Streams of kubectl are known to end early, with and without an error (kubernetes/kubernetes#60140). */
const maxTries = 4;

/**
 * Brings a file out of a container by `cat`, and on from where it broke off by `tail`, until it has the size and the sha256
 * that it has there. Without wc and sha256sum in the image only the file itself can tell. Throws
 * AttemptFailed: transfer-truncated, recording-missing.
 */
export async function bringFile(
  kubectl: Kubectl,
  container: string,
  path: string,
  to: string,
): Promise<void> {
  const bytes = Number((await ask(kubectl, container, ['wc', '-c', path])) ?? Number.NaN);
  const sha256 = await ask(kubectl, container, ['sha256sum', path]);
  let problem = '';
  for (let tries = 1; tries <= maxTries; tries += 1) {
    const from = await sizeOf(to);
    const argv = from === 0 ? ['cat', path] : ['tail', '-c', `+${String(from + 1)}`, path];
    const broken = await kubectl.exec(container, argv, { stdoutTo: to }).then(() => undefined, onBroken);
    const arrived = await sizeOf(to);
    const size = Number.isNaN(bytes) && !broken ? arrived : bytes;
    if (arrived < size) {
      problem = `${String(arrived)} of ${String(bytes)} bytes arrived${broken ? ` (${broken.message})` : ''}`;
      continue;
    }
    if (arrived === size && (sha256 === undefined || sha256 === (await sha256Of(to)))) return;
    problem = arrived === size ? 'what arrived has another sha256' : broken?.message ?? 'more bytes arrived than the file has'; // prettier-ignore
    await rm(to, { force: true });
  }
  const message = `the file did not come out of the pod whole in ${String(maxTries)} tries: ${problem}`;
  throw new AttemptFailed('transfer-truncated', message);
}

/** The first word that a program of the image answers; undefined where the image has no such program. */
async function ask(
  kubectl: Kubectl,
  container: string,
  argv: readonly string[],
): Promise<string | undefined> {
  try {
    const { stdout } = await kubectl.exec(container, argv);
    return /^\\?(\w+)\s/.exec(stdout.trimStart())?.[1];
  } catch (error) {
    if (!(error instanceof AttemptFailed)) throw error;
    if (error.code === 'program-missing') return undefined;
    if (error.code !== 'collector-exited') throw error;
    const said = error.details.stderrTail ?? error.message;
    throw new AttemptFailed('recording-missing', `the file is not in the pod: ${said}`, error.details);
  }
}

/** A stream that broke is tried again; that the pod or the program is gone is no matter of the stream. */
function onBroken(error: unknown): AttemptFailed {
  if (
    error instanceof AttemptFailed &&
    (error.code === 'collector-exited' || error.code === 'cluster-unreachable')
  )
    return error;
  throw error;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(({ size }) => size, () => 0); // prettier-ignore
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
