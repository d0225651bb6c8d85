import { createInbox, type Msg } from 'nats';
import type { Connection } from '../../src/log/connection.ts';
import { readDefinitions } from '../../src/log/streams/definitions.ts';

/** What `nats stream backup` writes: backup.json (configuration and state) and stream.tar.s2 (the chunks). */
export interface Backup {
  stream: string;
  config: object;
  state: object;
  chunks: Uint8Array[];
}

interface Options {
  /** As `--no-consumers` of the CLI says it; default true. */
  consumers?: boolean;
}

const timeout = 5_000;

/** Takes a backup of a stream by JetStream's snapshot API, as `nats stream backup` does. */
export async function backUp(
  { nc }: Connection,
  stream: string,
  { consumers = true }: Options = {},
): Promise<Backup> {
  const inbox = createInbox();
  const chunks: Uint8Array[] = [];
  const done = Promise.withResolvers<undefined>();
  const take = (_: Error | null, message: Msg) => {
    const status = message.headers?.code ?? 0;
    if (status >= 400) done.reject(new Error(`backup of ${stream}: ${message.headers?.description ?? ''}`));
    else if (message.data.length === 0) done.resolve(undefined);
    else chunks.push(message.data);
    // Flow control: the server waits for it.
    if (message.reply) message.respond();
  };
  const subscription = nc.subscribe(inbox, { callback: take });
  const request = { deliver_subject: inbox, no_consumers: !consumers, chunk_size: 131_072 };
  const { config, state } = await ask(nc, `$JS.API.STREAM.SNAPSHOT.${stream}`, JSON.stringify(request));
  await done.promise;
  subscription.unsubscribe();
  return { stream, config: config as object, state: state as object, chunks };
}

/** Makes the stream of a backup, which must not be there; `nats stream restore` does it so. */
export async function restore({ nc }: Connection, { stream, config, state, chunks }: Backup): Promise<void> {
  const request = JSON.stringify({ config, state });
  const { deliver_subject } = await ask(nc, `$JS.API.STREAM.RESTORE.${stream}`, request);
  for (const chunk of chunks) await ask(nc, String(deliver_subject), chunk);
  await ask(nc, String(deliver_subject), '');
}

/** The stream and its buckets, in the order that the guide names. */
export function allStreams(): string[] {
  const { stream, buckets } = readDefinitions();
  return [stream.name, ...buckets.map(({ name }) => name)];
}

async function ask(
  nc: Connection['nc'],
  subject: string,
  body: string | Uint8Array,
): Promise<Record<string, unknown>> {
  const message = await nc.request(subject, body, { timeout });
  const answer = message.data.length === 0 ? {} : message.json<Record<string, unknown>>();
  if (answer['error']) throw new Error(`${subject}: ${JSON.stringify(answer['error'])}`);
  return answer;
}
