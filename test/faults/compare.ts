import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import { decodeEvent, isEvent } from '../../src/events/envelope.ts';
import type { Connection } from '../../src/log/connection.ts';
import { recordingsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { listObjects, readObject } from '../../src/log/objects/store.ts';
import { readRange } from '../../src/log/read.ts';
import { until } from '../support/until.ts';
import type { World } from './world.ts';

/** So many are compared. */
const compared = 1_000;
const pageSize = 200;
const followTimeoutMs = 20_000;

/** What the audit does not see: recordings that nobody named, and services that show something else than a replay. */
export async function compare(world: World): Promise<string[]> {
  const replayed = createPodBoard();
  const connection = await world.connection();
  let wrong: string[] = [];
  try {
    for await (const message of readRange(connection, streamName, { filter: 'aw.collection.>' })) {
      replayed.apply(message);
      const event = decodeEvent(message);
      if (isEvent(event) && event.type === 'Uploaded') world.uploaded.add(event.data.url);
    }
    wrong = await wrongInObjectStore(connection, world);
  } finally {
    await connection.close();
  }
  const { items } = replayed.summaries.list({ limit: compared });
  const expected = new Map(items.map((item) => [item.id, item]));
  const differences = async () => {
    const each = await Promise.all(world.shown.map((index) => differencesOf(world, index, expected)));
    return each.flat();
  };
  // A board follows the log, and in a cluster by a replica that may be behind.
  const agree = async () => (await differences()).length === 0;
  await until('the services to show what a replay gives', agree, followTimeoutMs).catch(() => undefined);
  return [...strays(world), ...wrong, ...(await differences())];
}

function strays({ s3, uploaded }: World): string[] {
  const urls = [...s3.objects.keys()].map((key) => `s3://${s3.bucket}/${key}`);
  return urls.filter((url) => !uploaded.has(url)).map((url) => `no Uploaded names ${url}`);
}

/** The audit asks for the sha256 that is stated, and this reads every byte. */
async function wrongInObjectStore(connection: Connection, { uploaded }: World): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, sha256 } of await listObjects(connection, recordingsBucket)) {
    const url = `object-store://${recordingsBucket}/${name}`;
    if (!uploaded.has(url)) wrong.push(`no Uploaded names ${url}`);
    const read = hash('sha256', await buffer(readObject(connection, recordingsBucket, name)));
    if (read !== sha256) wrong.push(`${url} has sha256 ${read}, not ${sha256}`);
  }
  return wrong;
}

/** A service may show more: what was purged while it ran. */
async function differencesOf(
  { services }: World,
  index: number,
  expected: ReadonlyMap<string, object>,
): Promise<string[]> {
  const items = await shownBy(services.url(index));
  const shown = new Map(items.map((item) => [item.id, item]));
  return [...expected].flatMap(([id, item]) => {
    const seen = shown.get(id);
    // Behind what was read: it shows later ones that were purged.
    if (!seen && items.length >= compared) return [];
    const [is, should] = [JSON.stringify(sorted(seen)), JSON.stringify(sorted(item))];
    return is === should ? [] : [`service ${String(index)} shows ${is}, a replay gives ${should}`];
  });
}

async function shownBy(url: string): Promise<{ id: string }[]> {
  const items: { id: string }[] = [];
  for (let after: number | '' | undefined = ''; after !== undefined && items.length < compared;) {
    const query = `limit=${String(pageSize)}${after === '' ? '' : `&after=${String(after)}`}`;
    const response = await fetch(`${url}/api/v1/collections?${query}`);
    const page = (await response.json()) as { items: { id: string }[]; next?: number };
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

function sorted(item: object | undefined): [string, unknown][] {
  return Object.entries(item ?? {}).sort(([a], [b]) => a.localeCompare(b));
}
