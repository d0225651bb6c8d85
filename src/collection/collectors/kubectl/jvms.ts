import { AttemptFailed } from '../../../kernel/react/failures.ts';
import type { Kubectl } from './kubectl.ts';
import type { KubectlOptions } from './options.ts';

/** A JVM in a container. */
export interface JvmProcess {
  pid: number;
  /** As `jcmd -l` gives it; unknown where the process was found in /proc. */
  mainClass?: string;
  /** Path of its `java` in the container, where it was found in /proc. */
  java?: string;
}

/**
 * JVMs that `jcmd -l` shows. It does not show those without perf data (-XX:-UsePerfData) and, in a debug container, often
 * none. What it says of arguments is forgotten here: passwords are among them.
 */
export async function listedJvms(kubectl: Kubectl, container: string, jcmd: string): Promise<JvmProcess[]> {
  const { stdout } = await kubectl.exec(container, [jcmd, '-l']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, mainClass] = /^(\d+) ?(\S*)/.exec(line) ?? [];
    if (pid === undefined || mainClass === undefined || mainClass.endsWith('sun.tools.jcmd.JCmd')) return [];
    return [{ pid: Number(pid), mainClass }];
  });
}

/** Processes of the container whose program is named `java`. Needs `find` and `ls` in it, of any make. */
export async function javaProcesses(kubectl: Kubectl, container: string): Promise<JvmProcess[]> {
  const look = ['find', '/proc', '-mindepth', '2', '-maxdepth', '2', '-name', 'exe'];
  const { stdout } = await kubectl.exec(container, [...look, '-exec', 'ls', '-l', '{}', ';']);
  return [...stdout.matchAll(/\/proc\/(\d+)\/exe -> (\S*\/java)$/gm)].map(([, pid, java = '']) => ({
    pid: Number(pid),
    java,
  }));
}

/**
 * The JVM to record. Throws AttemptFailed: jvm-not-found, or jvm-ambiguous with all that there are. Of those found in /proc
 * only one that catches SIGQUIT counts: the signal that attaching begins with would end any other process.
 */
export async function chooseJvm(
  kubectl: Kubectl,
  container: string,
  found: readonly JvmProcess[],
  { pid, mainClass }: KubectlOptions,
): Promise<JvmProcess> {
  const fits: JvmProcess[] = [];
  for (const each of found) {
    if (pid !== undefined && each.pid !== pid) continue;
    if (mainClass !== undefined && !(await isMain(kubectl, container, each, mainClass))) continue;
    if (each.mainClass === undefined && !(await catchesQuit(kubectl, container, each))) continue;
    fits.push(each);
  }
  const [jvm] = fits;
  if (jvm && fits.length === 1) return jvm;
  const asked = pid === undefined ? mainClass && ` with main class ${mainClass}` : ` with pid ${String(pid)}`;
  const shown = (jvm ? fits : found).map(
    (each) => `${String(each.pid)} ${each.mainClass ?? each.java ?? ''}`,
  );
  const list = shown.slice(0, 20).join(', ') || 'none at all';
  const wanted = `${asked ?? ''} in the container ${container}`;
  if (jvm) {
    const message = `${String(fits.length)} JVMs${wanted}: ${list}; name one by the option mainClass or pid`;
    throw new AttemptFailed('jvm-ambiguous', message);
  }
  throw new AttemptFailed('jvm-not-found', `no JVM${wanted}; there is ${list}`);
}

async function isMain(
  kubectl: Kubectl,
  container: string,
  jvm: JvmProcess,
  wanted: string,
): Promise<boolean> {
  if (jvm.mainClass !== undefined) return jvm.mainClass === wanted;
  const commandLine = await readProc(kubectl, container, `/proc/${String(jvm.pid)}/cmdline`);
  return commandLine.split('\0').some((argument) => argument === wanted || argument.endsWith(`/${wanted}`));
}

async function catchesQuit(kubectl: Kubectl, container: string, { pid }: JvmProcess): Promise<boolean> {
  const status = await readProc(kubectl, container, `/proc/${String(pid)}/status`);
  const [, caught = '0'] = /^SigCgt:\s*([0-9a-f]+)/m.exec(status) ?? [];
  return (BigInt(`0x${caught}`) & sigQuit) !== 0n;
}

/** Signal 3, as a bit of SigCgt (proc(5)). */
const sigQuit = 1n << 2n;

/** Empty where the process is gone. */
async function readProc(kubectl: Kubectl, container: string, file: string): Promise<string> {
  const { stdout } = await kubectl.exec(container, ['cat', file]).catch((error: unknown) => {
    if (error instanceof AttemptFailed && error.code === 'collector-exited') return { stdout: '' };
    throw error;
  });
  return stdout;
}
