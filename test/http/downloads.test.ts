import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordingsBucket } from '../../src/log/streams/definitions.ts';
import { chunkSubject, getMeta } from '../../src/log/objects/format.ts';
import { useNats } from '../support/nats.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const s3 = useS3();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alert-watcher-downloads-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fileOf = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

/** A service with one recording, and the lines of its log about downloads. */
async function serviceWithRecording(yaml: string, headers: Record<string, string> = {}) {
  const raw: string[] = [];
  const rules = quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.05, timeoutSeconds: 10, maxAttempts: 1 }
collectors: { sim: { driver: simulated } }
${yaml}`);
  const service = await start(nats.freshUrl(), { rules }, (line) => raw.push(line));
  await service.post(alertBody({ pod: 'search-0' }));
  const { summaries } = service.app.board;
  const uploaded = () => summaries.list({ limit: 1, state: ['uploaded'] }).items[0];
  const { id } = await until('a recording', uploaded);
  return {
    ...{ service, raw, id, url: `${service.url}/api/v1/collections/${id}/recording`, headers },
    lines: () =>
      raw.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['outcome'] !== undefined || line['code'] !== undefined), // prettier-ignore
    counted: async (client: string, outcome: string) => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      const series = `alert_watcher_recording_downloads_total{client="${client}",outcome="${outcome}"}`;
      return Number(
        metrics
          .split('\n')
          .find((line) => line.startsWith(series))
          ?.split(' ')
          .at(-1),
      );
    },
  };
}

it('who downloads a recording stands in the log by the name of the token, with peer, request and bytes; who may not, too', async () => {
  const readers = fileOf('readers', 'secret-of-ada name=ada\n\nunnamed\n');
  const { url, id, raw, lines, counted } = await serviceWithRecording(`access: { readTokenFile: ${readers} }`); // prettier-ignore
  const whole = await fetch(url, bearer('secret-of-ada'));
  const bytes = (await whole.arrayBuffer()).byteLength;
  await fetch(url, bearer('unnamed')).then((answer) => answer.arrayBuffer());
  const refused = await fetch(url, bearer('secret-of-ada name=ada'));
  await until('the lines', () => lines().length === 3);

  const about = { collectionId: id, pod: 'search-0', peer: '127.0.0.1' };
  expect(lines()).toMatchObject([
    {
      ...{ ...about, level: 'info', msg: 'a recording was downloaded', client: 'ada', outcome: 'whole' },
      ...{ requestId: whole.headers.get('x-request-id'), bytes, sentBytes: bytes, recordingSource: 'destination' },
    },
    { ...about, client: 'readTokenFile:3', outcome: 'whole' },
    { code: 'unauthorized', path: new URL(url).pathname, requestId: refused.headers.get('x-request-id') },
  ]); // prettier-ignore
  expect([await counted('ada', 'whole'), await counted('readTokenFile:3', 'whole')]).toEqual([1, 1]);
  await until('the refused one', async () => (await counted('anonymous', 'refused')) === 1);
  expect(raw.join()).not.toContain('secret-of-ada');
});

it('one that is cut off is told as that, and what only asks is not', async () => {
  const { service, url, lines, counted } = await serviceWithRecording('');
  await fetch(url, { method: 'HEAD' });
  await fetch(`${service.url}/api/v1/collections/none/recording`);
  const { url: at } = await service.get(new URL(url).pathname.replace('/recording', ''));
  const { connection } = service.app.log;
  const meta = await getMeta(connection, recordingsBucket, at.replace(/^object-store:\/\/[^/]+\//, ''));
  const subject = chunkSubject(recordingsBucket, meta?.nuid ?? '');
  await connection.jsm.streams.purge(`OBJ_${recordingsBucket}`, { filter: subject });
  const [size = 0, chunks = 1] = [meta?.size, meta?.chunks];
  const chunk = Math.ceil(size / chunks);
  for (let from = 0; from < size; from += chunk)
    await connection.publisher.publish({
      subject,
      headers: {},
      body: Buffer.alloc(Math.min(chunk, size - from)),
    });
  await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
  await until('a line', () => lines().length > 0);

  const [line] = lines();
  expect(line).toMatchObject({ client: 'anonymous', outcome: 'partial', msg: 'the download of a recording was cut off' }); // prettier-ignore
  expect(Number(line?.['sentBytes'])).toBeLessThan(Number(line?.['bytes']));
  expect(lines()).toHaveLength(1);
  expect([await counted('anonymous', 'partial'), await counted('anonymous', 'refused')]).toEqual([1, 0]);
});

it('a link to S3 is told when it is given out, without what makes it valid', async () => {
  const { url, raw, lines, counted } = await serviceWithRecording(`destination: ${JSON.stringify(placeOf(s3()))}`); // prettier-ignore
  const location = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
  await fetch(url, { method: 'HEAD', redirect: 'manual' });

  expect(lines()).toMatchObject([
    { msg: 'a link to a recording in S3 was given out', outcome: 'redirected', client: 'anonymous', validSeconds: 300 }, // prettier-ignore
  ]);
  expect(await counted('anonymous', 'redirected')).toBe(1);
  expect(raw.join()).not.toContain(new URL(location).searchParams.get('X-Amz-Signature'));
});

it('a name that is none keeps the service from starting, and the token stays a secret', async () => {
  const actors = fileOf('actors', 'good\nsecret name=two words\n');
  const rules = quickRules(`access: { actTokenFile: ${actors} }`);
  const starting = start(nats.freshUrl(), { rules });
  await expect(starting).rejects.toThrow(`${actors}, line 2: the name of a token has`);
  await expect(starting).rejects.not.toThrow('secret');
});
