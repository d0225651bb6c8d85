import { readFile } from 'node:fs/promises';
import { eventTypes } from '../../events/catalogue.ts';
import { jsonSchemaOf } from '../../events/envelope.ts';
import { asyncApi } from './asyncapi.ts';
import { accountsConf } from './accounts.ts';
import { newConsumer, withFilters } from './consumers.ts';
import { withEventSections } from './event-sections.ts';
import { durables } from '../../features.ts';
import { pageContract } from './page-contract.ts';

const root = new URL('../../../', import.meta.url);
const eventsPage = new URL('docs/events.md', root);

/** The files that follow from the catalogue and what must be in them, by their place. */
export async function generatedFiles(): Promise<Map<URL, string>> {
  const schemas = eventTypes.map((type): [URL, string] => [
    new URL(`streams/schemas/${type}.json`, root),
    `${JSON.stringify(jsonSchemaOf(type), null, 2)}\n`,
  ]);
  const consumers = await Promise.all(
    Object.entries(durables).map(async ([durable, row]): Promise<[URL, string]> => {
      const file = new URL(`streams/consumers/${durable}.json`, root);
      const text = await readFile(file, 'utf8').catch(() => newConsumer(durable));
      return [file, withFilters(text, row)];
    }),
  );
  const page = await readFile(eventsPage, 'utf8');
  return new Map([
    ...schemas,
    ...consumers,
    [new URL('deploy/nats/accounts.conf', root), accountsConf()],
    [new URL('streams/asyncapi.yaml', root), asyncApi()],
    [new URL('src/web/data/contract.js', root), pageContract()],
    [eventsPage, withEventSections(page)],
  ]);
}
