import { join } from 'node:path';
import { until } from '../until.ts';
import { context } from './build.ts';
import type { Container, Mount } from './container.ts';
import { run } from './run.ts';

/** PATH in a container that a JDK is mounted into. */
export const jdkPath = '/usr/local/bin:/usr/bin:/bin:/opt/bin';

/** A JDK with jcmd and the JVM of the demo, to be mounted into a container: a JDK is no part of the image. */
export async function makeJdk(directory: string): Promise<Mount> {
  const jdk = join(directory, 'jdk');
  await run(['jlink', '--add-modules=java.base,jdk.jfr,jdk.jcmd,java.management', `--output=${jdk}`]);
  await run(['javac', '-d', join(jdk, 'demo'), join(context, 'src/commands/demo/DemoPod.java')]);
  return { source: jdk, destination: '/opt', readOnly: true };
}

/** Starts a JVM that runs until the container ends, as one of a pod with a common process namespace would. */
export async function startJvm(container: Container): Promise<void> {
  void container.exec(['java', '-Xmx64m', '-cp', '/opt/demo', 'DemoPod']);
  await until('the JVM', async () => (await container.exec(['jcmd', '-l'])).stdout.includes(' DemoPod'));
}
