import { createServer } from 'node:net';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openConnection } from '../../src/log/connection.ts';
import { type EmbeddedServer, findRunning, startEmbedded } from '../../src/log/embedded/embedded.ts';
import { startNats } from '../support/nats.ts';
import { cli } from '../support/cli.ts';
import { namedServer, testedServer } from '../support/nats-server.ts';
import { until } from '../support/until.ts';
import { freePort, isRunning } from '../support/process.ts';

interface Note {
  server: { pid: number };
}

let dataDir = '';
let port = 0;
let program = namedServer;
const servers: EmbeddedServer[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'alert-watcher-embedded-'));
  port = await freePort();
  program = namedServer;
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});
const startHere = async () => {
  const server = await startEmbedded({ dataDir, port, program });
  servers.push(server);
  return server;
};
const noteFile = () => join(dataDir, 'nats', 'server.json');
const readNote = async () => JSON.parse(await readFile(noteFile(), 'utf8')) as Note;

it('is started once per data directory and shared by whoever comes next', async () => {
  expect(await findRunning(dataDir)).toBeUndefined();
  expect(await startHere()).toMatchObject({ how: 'started', url: `nats://127.0.0.1:${String(port)}` });
  expect(await startHere()).toMatchObject({ how: 'shared' });
  expect(await findRunning(dataDir)).toMatchObject({ how: 'shared' });
});

it('is started once also where six ask at the same moment, and is noted as the one that runs', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, startHere));
  expect(all.map(({ how }) => how).sort()).toEqual([...Array.from({ length: 5 }, () => 'shared'), 'started']);
  expect(isRunning((await readNote()).server.pid)).toBe(true);
});

it('keeps its store to its own user, also one that was open to others', async () => {
  const folder = join(dataDir, 'nats');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  await startHere();
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

it('keeps what was stored when it is ended and started again, and allows messages of 8 MiB', async () => {
  const first = await startHere();
  const connection = await openConnection(first.url);
  expect(connection.server.maxPayload).toBe(8 * 1024 * 1024);
  await connection.jsm.streams.add({ name: 'S', subjects: ['s'] });
  await connection.js.publish('s', 'kept');
  await connection.close();
  await first.stop();
  expect(await findRunning(dataDir)).toBeUndefined();
  const again = await openConnection((await startHere()).url);
  expect((await again.jsm.streams.info('S')).state.messages).toBe(1);
  await again.close();
});

it('of a process that died is adopted, not doubled', async () => {
  await startHere();
  const note = JSON.parse(await readFile(noteFile(), 'utf8')) as { owner: { startTicks: string } };
  note.owner.startTicks = '1';
  await writeFile(noteFile(), JSON.stringify(note));
  const adopted = await startHere();
  expect(adopted.how).toBe('adopted');
  await adopted.stop();
  await expect(openConnection(adopted.url)).rejects.toThrow(/no NATS server answers/);
});

it('that an earlier version started is known by the id that it noted', async () => {
  const earlier = await startNats([]);
  const connection = await openConnection(`nats://127.0.0.1:${String(earlier.port)}`);
  const note = { server: {}, owner: {}, port: earlier.port, serverId: connection.server.id };
  await connection.close();
  await mkdir(join(dataDir, 'nats'));
  await writeFile(noteFile(), JSON.stringify(note));
  expect(await findRunning(dataDir)).toMatchObject({ how: 'shared' });
  await earlier.stop();
});

it('is started again when it ends by itself, and clients reconnect', async () => {
  const server = await startHere();
  const connection = await openConnection(server.url);
  await connection.jsm.streams.add({ name: 'S', subjects: ['s'] });
  process.kill((await readNote()).server.pid, 'SIGKILL');
  await until(
    'the stream to answer again',
    () =>
    connection.js.publish('s', 'x').then(() => true, () => false), // prettier-ignore
  );
  await connection.close();
  expect(await findRunning(dataDir)).toBeDefined();
});

it('is not started a second time on its store, even where nothing is known of the first', async () => {
  await startHere();
  const note = await readFile(noteFile(), 'utf8');
  await rm(noteFile());
  port = await freePort();
  await expect(startHere()).rejects.toThrow(/another nats-server holds/);
  await writeFile(noteFile(), note);
});

it('says what to do where its port is taken', async () => {
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  await expect(startHere()).rejects.toThrow(/address already in use.*NATS_EMBEDDED_PORT/);
  other.close();
});

it('is the program that was named', async () => {
  program = join(dataDir, 'another-server');
  await symlink(await testedServer(), program);
  await startHere();
  const note = JSON.parse(await readFile(join(dataDir, 'nats', 'server.json'), 'utf8')) as Note;
  expect(await readFile(`/proc/${String(note.server.pid)}/cmdline`, 'utf8')).toContain(program);
});

it('says how to find out why a program does not come up that says nothing itself', async () => {
  program = '/bin/false';
  await expect(startHere()).rejects.toThrow(
    /\/bin\/false\) ended at once: `\/bin\/false -t -c \S+` may say why/,
  );
});

it.each([
  ['nothing', () => Promise.resolve()],
  ['no program', (file: string) => writeFile(file, 'text')],
])('keeps the service from starting where NATS_SERVER_BIN names %s', async (_, make) => {
  const file = join(dataDir, 'server');
  await make(file);
  const { code, stderr } = await cli(['serve'], {
    DATA_DIR: dataDir,
    NATS_SERVER_BIN: file,
    LOG_LEVEL: 'silent',
  });
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(`NATS_SERVER_BIN is ${file}, which is not an executable file`),
  ]);
});
