// The ceiling of a recording: the same file through the same parts with nothing around them. Chunks of the object store's size
// are published, some on their way at once, and hashed once, because PutObject is told the checksum before the body; an
// ordered consumer reads them back into one PutObject. Answers with the seconds.
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { fastify } from 'fastify';
import { connect } from 'nats';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';

const chunkBytes = 128 * 1024;
const chunksInFlight = 8;
const name = 'BARE_COPY';
const nc = await connect({ servers: process.env['NATS_URL'] ?? '', noAsyncTraces: true });
const js = nc.jetstream();
const jsm = await nc.jetstreamManager();
await jsm.streams.add({ name, subjects: ['bare.copy.>'] });
const endpoint = process.env['AW_S3_ENDPOINT'] ?? '';
const s3 = new S3Client({ endpoint, region: 'eu-central-1', forcePathStyle: true });

async function put(file: string, subject: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const buffers = Array.from({ length: chunksInFlight }, () => Buffer.allocUnsafeSlow(chunkBytes));
  const inFlight: Promise<unknown>[] = [];
  let bytes = 0;
  await using handle = await open(file);
  for (let chunk = 0; ; chunk += 1) {
    const buffer = buffers[chunk % chunksInFlight] ?? Buffer.alloc(0);
    if (inFlight.length === chunksInFlight) await inFlight.shift();
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, null);
    if (bytesRead === 0) break;
    const part = buffer.subarray(0, bytesRead);
    hash.update(part);
    bytes += bytesRead;
    inFlight.push(js.publish(subject, part));
  }
  await Promise.all(inFlight);
  return { bytes, sha256: hash.digest('base64') };
}

async function* get(subject: string, bytes: number): AsyncGenerator<Uint8Array> {
  const consumer = await js.consumers.get(name, { filterSubjects: [subject] });
  let read = 0;
  for await (const { data } of await consumer.consume({ max_messages: 64 })) {
    yield data;
    read += data.length;
    if (read === bytes) return;
  }
}

async function copy(file: string, key: string): Promise<void> {
  const subject = `bare.copy.${key}`;
  const { bytes, sha256 } = await put(file, subject);
  const command = new PutObjectCommand({
    Bucket: process.env['AW_S3_BUCKET'] ?? '',
    Key: key,
    Body: Readable.from(get(subject, bytes), { objectMode: false }),
    ContentLength: bytes,
    ChecksumSHA256: sha256,
  });
  await s3.send(command);
}

const app = fastify();
app.get('/ready', () => ({}));
app.post<{ Body: { file: string; name: string } }>('/copy', async ({ body }) => {
  const startedAt = performance.now();
  await copy(body.file, body.name);
  const seconds = (performance.now() - startedAt) / 1_000;
  await jsm.streams.purge(name);
  return { seconds };
});

process.once('SIGTERM', () => void app.close().then(() => nc.close()));
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
