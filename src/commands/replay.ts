import { Command, Option } from 'commander';
import { podSubjectOf } from '../events/subjects.ts';
import { streamName } from '../log/streams/definitions.ts';
import { collectionArgument, podArgument, pointArgument } from './terminal/arguments.ts';
import { withExistingLog } from './existing-log.ts';
import { exitCodes } from './terminal/exit-codes.ts';
import { listenForInterruption } from './terminal/interruption.ts';
import { count as counted } from '../kernel/explain/words.ts';
import { jsonLine } from '../telemetry/printable.ts';
import { showMachine } from './replay/machine.ts';
import { type ReplayRange, readEntries } from './replay/entries.ts';
import { stepThrough } from './replay/step.ts';
import { textOf } from './replay/text.ts';
import { showWhatIf } from './replay/what-if.ts';

/** What the command line says. */
export interface ReplayOptions extends ReplayRange {
  step?: boolean;
  machine?: boolean;
  whatIf?: string;
  json?: boolean;
}

export const replayCommand = new Command('replay')
  .description('fold the stream again and show each event with the state before and after; changes nothing')
  .option('--pod <ctx/ns/pod>', 'only this pod (a context may hold slashes)', podArgument)
  .addOption(
    new Option('--collection <id>', 'only the events of this collection')
      .argParser(collectionArgument)
      .conflicts(['pod', 'machine', 'whatIf']),
  )
  .option(
    '--from <point>',
    'show from this sequence, RFC 3339 time of the stream or duration ago (90m) on; the fold begins earlier',
    pointArgument,
  )
  .option('--until <point>', 'up to this sequence, time or duration ago, inclusive', pointArgument)
  .option('--stream <name>', 'the stream to read, such as a copy or a mirror', streamName)
  .addOption(
    new Option('--step', 'one event at a time, in a terminal, with what it changes').conflicts([
      ...['json', 'machine', 'whatIf'],
    ]),
  )
  .addOption(
    new Option(
      '--machine',
      'print the machine of a pod as a Mermaid diagram; of --pod, with its state',
    ).conflicts(['json', 'whatIf', 'from']),
  )
  .option('--what-if <config>', 'decide the alerts again by the policy of this configuration file')
  .option('--json', 'one JSON object per line')
  .action(async (options: ReplayOptions) => {
    if (options.machine) await showMachine(options);
    else if (options.whatIf !== undefined) await showWhatIf(options.whatIf, options);
    else if (options.step) await stepThrough(options);
    else await showAll(options);
  });

async function showAll(options: ReplayOptions): Promise<void> {
  // A reader that goes away (| head) has seen enough.
  const { signal, ended } = listenForInterruption(process.stdout);
  const pods = new Set<string>();
  let count = 0;
  await withExistingLog(async (connection) => {
    for await (const entry of readEntries(connection, options)) {
      if (signal.aborted) return;
      process.stdout.write(options.json ? jsonLine(entry) : textOf(entry));
      count += 1;
      const pod = podSubjectOf(entry.subject);
      if (pod !== undefined) pods.add(pod);
    }
    if (!options.json) process.stdout.write(`${counted(count, 'event')}, ${counted(pods.size, 'pod')}\n`);
  });
  process.exitCode = ended()?.exitCode ?? exitCodes.done;
}
