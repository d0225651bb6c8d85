import { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { eventTypes } from '../events/catalogue.ts';
import { jsonSchemaOf } from '../events/envelope.ts';

const folder = new URL('../../streams/schemas/', import.meta.url);

export const schemasCommand = new Command('schemas')
  .description('write streams/schemas/*.json, the JSON schema of every event, from the catalogue')
  .action(async () => {
    await mkdir(folder, { recursive: true });
    for (const type of eventTypes) {
      await writeFile(new URL(`${type}.json`, folder), `${JSON.stringify(jsonSchemaOf(type), null, 2)}\n`);
    }
    process.stdout.write(`${String(eventTypes.length)} schemas in streams/schemas\n`);
  });
