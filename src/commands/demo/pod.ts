import { execa, ExecaError } from 'execa';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DemoFailed } from './failed.ts';
import { missingPrograms } from './programs.ts';

/** The JVM that stands for the pod, or why there is none. */
export type DemoPod = { pid: number; stop: () => Promise<void> } | { reason: string };

const source = fileURLToPath(new URL('DemoPod.java', import.meta.url));
const patienceMs = 20_000;

/** Compiles DemoPod into the directory and starts it, where there is a JDK. Throws only when it was interrupted. */
export async function startPod(directory: string, signal: AbortSignal): Promise<DemoPod> {
  const missing = await missingPrograms(['java', 'javac', 'jcmd']);
  if (missing.length > 0) {
    return { reason: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not on the PATH` };
  }
  try {
    // The collector needs JDK 17: an older compiler does not know this release, and an older JVM not what comes of it.
    await execa('javac', ['--release', '17', '-d', directory, source], {
      stdin: 'ignore',
      timeout: patienceMs,
      cancelSignal: signal,
    });
    return await startJvm(directory, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ExecaError) return { reason: `${error.shortMessage}: ${firstLine(error.stderr)}` };
    if (error instanceof DemoFailed) return { reason: error.message };
    throw error;
  }
}

async function startJvm(directory: string, signal: AbortSignal): Promise<DemoPod> {
  // Its recordings are kept in the temporary directory of the JVM while they run.
  const argv = [`-Djava.io.tmpdir=${directory}`, '-cp', directory, 'DemoPod'];
  const jvm = execa('java', argv, { stdin: 'ignore', reject: false });
  const stop = async () => {
    jvm.kill();
    await jvm;
  };
  const timeout = AbortSignal.timeout(patienceMs);
  try {
    const ready = once(createInterface({ input: jvm.stdout }), 'line', {
      signal: AbortSignal.any([signal, timeout]),
    });
    const ended = jvm.then(({ stderr }) => {
      throw new DemoFailed(`java DemoPod ended at once: ${firstLine(stderr)}`);
    });
    await Promise.race([ready, ended]);
    if (jvm.pid === undefined) throw new DemoFailed('java DemoPod has no process id');
    return { pid: jvm.pid, stop };
  } catch (error) {
    await stop();
    if (timeout.aborted) throw new DemoFailed('java DemoPod was not ready in time', { cause: error });
    throw error;
  }
}

function firstLine(text: unknown): string {
  return typeof text === 'string' ? (text.split('\n')[0] ?? '') : '';
}
