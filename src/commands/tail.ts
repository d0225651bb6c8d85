import { Argument, Command, InvalidArgumentError } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeEvent, isEvent, type StoredMessage } from '../events/envelope.ts';
import type { Point } from '../events/point.ts';
import { watchConnection, type Connection } from '../log/connection.ts';
import { streamName } from '../log/streams/definitions.ts';
import { follow } from '../log/consume/follow.ts';
import { firstSequenceSince } from '../log/since.ts';
import { pointArgument } from './terminal/arguments.ts';
import { withExistingLog } from './existing-log.ts';
import { streamError } from './terminal/exit-codes.ts';
import { listenForInterruption } from './terminal/interruption.ts';
import { printable } from '../telemetry/printable.ts';
import { filterWords, parseFilter, type TailFilter, wordList } from './tail/filter.ts';
import { jsonOf, lineOf, unreadableLine } from './tail/line.ts';

const stopTimeoutMs = 1_000;

interface Options {
  since?: Point;
  stream: string;
  json?: boolean;
}

export const tailCommand = new Command('tail')
  .description('follow the stream, one line an event, until Ctrl-C; changes nothing')
  .addArgument(
    new Argument(
      '[filter]',
      'a subject pattern (aw.…), an event type, a pod (kube_context/namespace/pod or its name), the id of an alert or collection, a fingerprint, or a word',
    )
      .choices(filterWords)
      .argParser(filterArgument),
  )
  .option(
    '--since <point>',
    'first what is there since this sequence, RFC 3339 time or duration ago (10m)',
    pointArgument,
  )
  .option('--stream <name>', 'the stream to follow, such as a copy or a mirror', streamName)
  .option('--json', 'one JSON object per line')
  .action(async (filter: TailFilter | undefined, options: Options) => {
    await tail(filter ?? filterArgument(), options);
  });

async function tail(filter: TailFilter, { since, stream, json = false }: Options): Promise<void> {
  const { signal } = listenForInterruption(process.stdout);
  const tell = (text: string) => process.stderr.write(`${printable(text)}\n`);
  const show = (message: StoredMessage) => {
    const line = signal.aborted ? undefined : lineFor(message, filter, json);
    if (line !== undefined) process.stdout.write(line);
  };
  await withExistingLog(async (connection) => {
    const after = await startOf(connection, stream, since);
    watchConnection(connection, (isConnected) => {
      if (signal.aborted) return;
      tell(isConnected ? 'NATS is back: it goes on where it stopped' : 'NATS is gone: waiting for it');
    });
    const follower = await follow(connection, stream, {
      ...{ filter: filter.subject, after, apply: show },
      onInterrupted: (error) => {
        if (!signal.aborted) tell(`reading was interrupted; retrying: ${String(error)}`);
      },
    });
    tell(`following ${filter.sentence} behind #${String(after)}; Ctrl-C ends it`);
    await aborted(signal);
    // Without NATS it would wait for answers: nothing is lost by leaving.
    await Promise.race([follower.stop(), delay(stopTimeoutMs, undefined, { ref: false })]);
  });
}

function lineFor(message: StoredMessage, { matches }: TailFilter, json: boolean): string | undefined {
  // Timers are no facts.
  if (message.subject.startsWith('aw.schedule.')) return undefined;
  const event = decodeEvent(message);
  if (!isEvent(event)) return matches ? undefined : unreadableLine(message, event, json);
  if (matches && !matches(event)) return undefined;
  return json ? jsonOf(event, message.subject) : lineOf(event);
}

/** The sequence behind which it begins. */
async function startOf(connection: Connection, stream: string, since: Point | undefined): Promise<number> {
  const info = await connection.jsm.streams.info(stream).catch((error: unknown) => {
    throw streamError(error, `follow stream ${stream}`);
  });
  if (!since) return info.state.last_seq;
  if ('sequence' in since) return Math.min(Math.max(0, since.sequence - 1), info.state.last_seq);
  const first = await firstSequenceSince(connection, stream, 'aw.>', since.time);
  return first === undefined ? info.state.last_seq : first - 1;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function filterArgument(text?: string): TailFilter {
  const filter = parseFilter(text);
  if (filter) return filter;
  throw new InvalidArgumentError(
    `expected a subject such as aw.collection.>, an event type, an id, a pod, or one of ${wordList}`,
  );
}
