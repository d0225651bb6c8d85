import { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { eventTypes } from '../events/catalogue.ts';
import { generatedFiles } from './schemas/files.ts';

export const schemasCommand = new Command('schemas')
  .summary('write files of this repository that follow from the catalogue of events')
  .description(
    'write what follows from the catalogue of events: streams/schemas, streams/asyncapi.yaml, sections of docs/events.md, src/web/data/contract.js',
  )
  .action(async () => {
    for (const [file, text] of await generatedFiles()) {
      await mkdir(new URL('./', file), { recursive: true });
      await writeFile(file, text);
    }
    process.stdout.write(
      `${String(eventTypes.length)} events in streams/schemas, streams/asyncapi.yaml, docs/events.md and src/web/data/contract.js\n`,
    );
  });
