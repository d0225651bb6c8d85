import { Command } from 'commander';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { DemoFailed } from './demo/failed.ts';
import { exitCodes } from './terminal/exit-codes.ts';
import { type Interruption, listenForInterruption } from './terminal/interruption.ts';
import { type DemoPod, startPod } from './demo/pod.ts';
import { printable } from '../telemetry/printable.ts';
import { showRecording } from './demo/recording.ts';
import { createScreen, type Screen } from './demo/screen.ts';
import { startService } from './demo/service.ts';
import { followToEnd } from './demo/stream.ts';
import { postTwice } from './demo/webhook.ts';
import { ways } from './demo/ways.ts';

/** Long enough to see it happen. */
const durationSeconds = 5;

export const demoCommand = new Command('demo')
  .description(
    'show the whole path on this machine, from a captured alert to a recording; leaves nothing behind',
  )
  .action(async () => {
    const screen = createScreen(process.stdout);
    const interruption = listenForInterruption(process.stdout);
    const closers = new AsyncDisposableStack();
    try {
      await runDemo(screen, interruption.signal, closers);
    } catch (error) {
      screen.endProgress();
      tellFailure(error, interruption);
    } finally {
      await closers.disposeAsync();
    }
  });

/** Runs from the start to the end; what it starts is ended by the closers. */
async function runDemo(screen: Screen, signal: AbortSignal, closers: AsyncDisposableStack): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-demo-'));
  closers.defer(() => rm(directory, { recursive: true, force: true }));
  screen.title('The pod');
  const pod = await startPod(directory, signal);
  if ('pid' in pod) closers.defer(pod.stop);
  tellPod(screen, pod);

  const { app, complaints } = await startService({ directory, pod, durationSeconds });
  closers.defer(app.close);
  tellService(screen, app, directory);
  signal.throwIfAborted();

  screen.title('The alert');
  const postedAt = Date.now();
  await postTwice(app.url, screen, signal);
  screen.title('What happens, as it lands on the stream');
  const { connection } = app.log;
  const activity = 'pid' in pod ? 'recording' : 'simulating';
  const stream = { connection, screen, signal, postedAt, durationSeconds, activity, complaints };
  const uploaded = await followToEnd(stream);
  screen.title('The recording, read back from where the event says it lies');
  await showRecording(connection, uploaded, { screen, signal, directory });
  screen.title('The same of a running service (npm start), and with the nats CLI');
  for (const way of ways) screen.line(way);
}

/** Says what went wrong, and sets the exit code. Throws what is no failure of the demo. */
function tellFailure(error: unknown, interruption: Interruption): void {
  const ended = interruption.ended();
  // Whatever fails after an interruption fails because of it.
  if (!ended && !(error instanceof DemoFailed)) throw error;
  process.exitCode = ended?.exitCode ?? exitCodes.failed;
  if (process.exitCode === exitCodes.done) return;
  const message = ended?.message ?? (error as DemoFailed).message;
  process.stderr.write(`\nalert-watcher demo: ${message.split('\n').map(printable).join('\n')}\n`);
}

function tellPod(screen: Screen, pod: DemoPod): void {
  if ('pid' in pod) {
    screen.line(`a JVM of this machine stands for it: java DemoPod, pid ${String(pod.pid)}`);
    screen.line('it is recorded by jcmd');
    return;
  }
  screen.warn(`SIMULATED: no JVM is recorded, because ${pod.reason}.`);
  screen.line('A sample, recorded earlier, takes the place of the recording.');
  screen.line('With a JDK (17 or later; Debian: default-jdk-headless) this demo records a real JVM.');
}

function tellService(screen: Screen, { url, log }: App, directory: string): void {
  screen.title('The service');
  screen.line(`${url}, with a nats-server ${log.connection.server.version} of its own at ${log.url}`);
  screen.line(`all it keeps is in ${directory}, and goes at the end`);
}
