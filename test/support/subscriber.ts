import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const program = fileURLToPath(new URL('../../docs/examples/subscriber.ts', import.meta.url));

/** The example subscriber of docs/events.md in a process of its own. */
export interface Subscriber {
  /** What it has printed so far. */
  lines: () => string[];
  /** Waits for so many lines. */
  printed: (count: number) => Promise<string[]>;
  /** Kills it as soon as it prints something; resolves when it is gone and all that it has printed is here. */
  killAtFirstLine: () => Promise<void>;
  /** Sends a signal and waits for the end; the exit code, or null. */
  end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** Starts the example. `memory` is the file that it keeps the ids of handled events in. */
export function startSubscriber(natsUrl: string, memory: string): Subscriber {
  const env = { ...process.env, NATS_URL: natsUrl, HANDLED_FILE: memory };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let output = '';
  let errors = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  const lines = () => output.split('\n').filter((line) => line !== '');
  return {
    lines,
    printed: (count) =>
      until(`${String(count)} lines of the subscriber`, () => {
        if (child.exitCode !== null) throw new Error(`the subscriber has ended:\n${output}${errors}`);
        return lines().length >= count && lines();
      }),
    killAtFirstLine: async () => {
      child.stdout.once('data', () => child.kill('SIGKILL'));
      await closed;
    },
    end: async (signal) => {
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}
