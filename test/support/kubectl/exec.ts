import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import type { Cluster, StandInContainer } from './cluster.ts';
import { playedJcmd, playedProc } from './played.ts';

export interface Outcome {
  exitCode: number;
  stdout?: string | Uint8Array;
  stderr?: string;
}

/** Executes on this machine what should be executed in a container, as if only the container's JVMs were here. */
export function execInContainer(cluster: Cluster, name: string, argv: string[]): Outcome {
  const isDebug = cluster.ephemeral.includes(name);
  const target = isDebug
    ? cluster.pod?.containers[0]
    : cluster.pod?.containers.find((each) => each.name === name);
  if (!target)
    return kubectlError(`Error from server (BadRequest): container ${name} is not valid for pod ${cluster.pod?.name ?? ''}`); // prettier-ignore
  if (target.waiting)
    return kubectlError(`error: Internal error occurred: unable to upgrade connection: container not found ("${name}")`); // prettier-ignore
  const [program = ''] = argv;
  if (!isDebug && target.missing.includes(program)) return kubectlError(notInImage(program));
  return basename(program) === 'jcmd' ? jcmd(target, isDebug, argv) : run(cluster, target, argv);
}

function jcmd(target: StandInContainer, isDebug: boolean, argv: string[]): Outcome {
  const [, first = '', ...command] = argv;
  if (first === '-l') {
    // In a debug container the jcmd of JDK 17 lists nobody but itself (openjdk/jdk#19055).
    const own = ['575 jdk.jcmd/sun.tools.jcmd.JCmd -l'];
    const shown = isDebug ? [] : target.jvms;
    const played = shown.flatMap((jvm) => (jvm.played && jvm.played.isListed !== false ? [`${String(jvm.pid)} ${jvm.played.mainClass} -Dpassword=hunter2`] : [])); // prettier-ignore
    const isReal = shown.some((jvm) => !jvm.played);
    const real = isReal ? spawnSync('jcmd', ['-l']).stdout.toString().split('\n') : [];
    const mine = real.filter((line) => shown.some(({ pid }) => line.startsWith(`${String(pid)} `)));
    return { exitCode: 0, stdout: [...own, ...played, ...mine, ''].join('\n') };
  }
  const jvm = target.jvms.find(({ pid }) => String(pid) === first);
  if (!jvm) return commandError(1, 'java.io.IOException: No such process');
  return jvm.played ? playedJcmd(jvm, command) : finished('jcmd', [first, ...command]);
}

function run(cluster: Cluster, target: StandInContainer, [program = '', ...args]: string[]): Outcome {
  const played = playedProc(target, [program, ...args]);
  if (played !== undefined) return { exitCode: 0, stdout: played };
  // The processes of a debug container's target: their root is this machine's, and of a played one there is none.
  const outcome = finished(program, args.map((each) => each.replace(/^\/proc\/\d+\/root/, ''))); // prettier-ignore
  if (program === 'df' && cluster.freeKib !== undefined && outcome.exitCode === 0)
    return { exitCode: 0, stdout: `Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 9999999 1 ${String(cluster.freeKib)} 99% /\n` }; // prettier-ignore
  const isStream = (program === 'cat' || program === 'tail') && args.at(-1)?.endsWith('.jfr');
  return isStream ? { ...outcome, stdout: onTheWay(cluster, outcome.stdout) } : outcome;
}

/** Streams end early or are damaged, and kubectl says nothing. */
function onTheWay(cluster: Cluster, whole: Outcome['stdout']): Uint8Array {
  const bytes = Buffer.from(whole ?? '');
  if (cluster.truncated > 0) {
    cluster.truncated -= 1;
    return bytes.subarray(0, Math.ceil(bytes.length / 2));
  }
  if (cluster.damaged > 0) {
    cluster.damaged -= 1;
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  }
  return bytes;
}

function finished(program: string, args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(program, args, { maxBuffer: 2 ** 30 });
  if (status === 0) return { exitCode: 0, stdout, stderr: stderr.toString() };
  return { ...commandError(status ?? 1, stderr.toString()), stdout };
}

/** As containerd and runc say it. */
function notInImage(program: string): string {
  const why = program.includes('/') ? `stat ${program}: no such file or directory` : 'executable file not found in $PATH'; // prettier-ignore
  return `error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "fc7ef1a745ff": OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": ${why}: unknown`;
}

function kubectlError(text: string): Outcome {
  return { exitCode: 1, stderr: `${text}\n` };
}

/** A program that ran and failed: kubectl ends as it did, and says so. */
function commandError(exitCode: number, stderr: string): Outcome {
  const picked = 'Picked up JAVA_TOOL_OPTIONS: -Djavax.net.ssl.keyStorePassword=hunter2';
  return {
    exitCode,
    stderr: `${picked}\n${stderr}\ncommand terminated with exit code ${String(exitCode)}\n`,
  };
}
