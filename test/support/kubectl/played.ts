import { copyFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StandInContainer, StandInJvm } from './cluster.ts';
import type { Outcome } from './exec.ts';

const sample = fileURLToPath(new URL('../../../src/collection/collectors/sample.jfr', import.meta.url));

/** What jcmd prints for a JVM that is played, in the words of OpenJDK 17. Its recording is the sample. */
export function playedJcmd(jvm: StandInJvm, [command = '', ...args]: string[]): Outcome {
  const { played } = jvm;
  if (!played) throw new Error('a real JVM is not played');
  const print = (text: string): Outcome => ({ exitCode: 0, stdout: `${String(jvm.pid)}:\n${text}\n` });
  const value = (name: string, of: string[] = args) =>
    of.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const said = played.says?.[command];
  if (said !== undefined) return print(said);
  const file = value('filename', played.recording);
  switch (command) {
    case 'VM.uptime':
      return print('12.345 s');
    case 'JFR.configure':
      return print(`Repository path: ${value('repositorypath') || 'N/A'}\nStack depth: 64`);
    case 'JFR.start':
      played.recording = args;
      writeFileSync(value('filename'), '');
      return print(`Started recording 1. The result will be written to:\n\n${value('filename')}`);
    case 'JFR.check':
      return print(played.recording ? `Recording 1: name=${value('name', played.recording)} duration=62s (running)` : 'No available recordings.'); // prettier-ignore
    case 'JFR.stop':
      if (!played.recording) return print(`Could not find ${value('name')}.`);
      copyFileSync(sample, file);
      delete played.recording;
      return print(`Stopped recording "${value('name')}".`);
    default:
      return { exitCode: 1, stderr: 'java.lang.IllegalArgumentException: Unknown diagnostic command' };
  }
}

/** What is in /proc of the JVMs of a container that are played. Undefined: nothing was asked of them. */
export function playedProc({ jvms }: StandInContainer, [program, ...args]: string[]): string | undefined {
  const played = jvms.flatMap((jvm) => (jvm.played ? [{ pid: String(jvm.pid), ...jvm.played }] : []));
  if (program === 'find' && args.includes('exe'))
    return played.map(({ pid, java }) => `lrwxrwxrwx 1 1000 1000 0 Nov 21 15:01 /proc/${pid}/exe -> ${java}\n`).join(''); // prettier-ignore
  const [, pid, what] = /^\/proc\/(\d+)\/(status|cmdline)$/.exec(args[0] ?? '') ?? [];
  const jvm = played.find((each) => each.pid === pid);
  if (program !== 'cat' || !jvm) return undefined;
  return what === 'status'
    ? 'Name:\tjava\nSigCgt:\t2000000181005ccf\n'
    : `${jvm.java}\0-Xmx1g\0${jvm.mainClass}\0`;
}
