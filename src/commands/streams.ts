import { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { readDefinitions } from '../log/streams/definitions.ts';
import { adviceOn, sentence } from '../log/streams/differences.ts';
import { applyStreams, diffStreams } from '../log/streams/streams.ts';
import { withExistingLog } from './existing-log.ts';
import { exitCodes } from './terminal/exit-codes.ts';

export const streamsCommand = new Command('streams').description(
  'compare the files in streams/ with the server, or bring the server to them',
);

streamsCommand
  .command('diff')
  .description('show what differs')
  .action(async () => {
    const definitions = readDefinitions(readConfig(process.env));
    const differences = await withExistingLog((connection) => diffStreams(connection, definitions));
    for (const difference of differences)
      process.stdout.write(`${sentence(difference).trim()}${adviceOn(difference)}\n`);
    if (differences.length === 0) process.stdout.write('the server is as the files say\n');
    process.exitCode = differences.length === 0 ? exitCodes.done : exitCodes.failed;
  });

streamsCommand
  .command('apply')
  .description(
    'create what is absent and change what differs; limits and replicas stay as operators set them',
  )
  .option(
    '--anew',
    'create the stream although its buckets are there: it was deleted, and no backup will be restored',
  )
  .action(async ({ anew = false }: { anew?: boolean }) => {
    const config = readConfig(process.env);
    const definitions = readDefinitions(config);
    const left = await withExistingLog(async (connection, { isStored }) => {
      const before = await diffStreams(connection, definitions);
      const { streamReplicas } = config;
      await applyStreams(connection, definitions, streamReplicas, { isStored, anew });
      for (const difference of before) process.stdout.write(`changed: ${sentence(difference).trim()}\n`);
      return diffStreams(connection, definitions);
    });
    for (const difference of left) process.stdout.write(`still differs: ${sentence(difference).trim()}\n`);
    if (left.length === 0) process.stdout.write('the server is as the files say\n');
    process.exitCode = left.length === 0 ? exitCodes.done : exitCodes.failed;
  });
