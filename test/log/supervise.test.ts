import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type onTestFinished } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/log/embedded/embedded.ts';
import { probesOf } from '../../src/log/write/probe.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { type Bounds, supervise } from '../../src/log/embedded/supervise.ts';
import { launch, urlOf } from '../../src/log/embedded/nats-process.ts';
import { watchWrites } from '../../src/log/write/writes.ts';
import { allowWrites, failWrites } from '../support/disk-errors.ts';
import { areGone, freePort } from '../support/process.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const publish = ({ publisher }: Connection, subject: string, body: string | Buffer) =>
  publisher.publish({ subject, headers: {}, body }).then(() => true, () => false); // prettier-ignore

type OnFinished = typeof onTestFinished;

/** A data directory of one test, and what may be done with it. What is released last is what was had first. */
async function place(onFinished: OnFinished) {
  const dataDir = await mkdtemp(join(tmpdir(), 'alert-watcher-supervise-'));
  onFinished(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  const noteFile = join(dataDir, 'nats', 'server.json');
  const pid = async () =>
    (JSON.parse(await readFile(noteFile, 'utf8')) as { server: { pid: number } }).server.pid;
  /** The same note with an owner that is gone. */
  const forsake = async () => {
    const note = JSON.parse(await readFile(noteFile, 'utf8')) as { owner: { startTicks: string } };
    note.owner.startTicks = '1';
    await writeFile(noteFile, JSON.stringify(note));
  };
  const start = async (bounds: Partial<Bounds> = {}): Promise<EmbeddedServer> => {
    const server = await startEmbedded({ dataDir, port, bounds });
    onFinished(server.stop);
    return server;
  };
  /** A server with all streams that is replaced when it does not store, and what is said of that. */
  const guarded = async (bounds: Partial<Bounds> = {}) => {
    const server = await start(bounds);
    const { connection, writes } = await watched(port, onFinished);
    const said: string[] = [];
    server.supervisor?.guard({ connection, writes, report: (sentence) => said.push(sentence) });
    return { server, connection, writes, said };
  };
  return { nats: join(dataDir, 'nats'), port, pid, forsake, start, guarded };
}

/** A connection to the server at a port, with all streams, and what knows whether they store. */
async function watched(port: number, onFinished: OnFinished) {
  const connection = await openConnection(urlOf(port));
  onFinished(connection.close);
  await ensureStreams(connection, readDefinitions(), 1);
  const writes = watchWrites(connection, { probes: probesOf(readDefinitions()), lookEveryMs: 50 });
  onFinished(writes.stop);
  return { connection, writes };
}

// Most of the time they wait for answers that do not come.
describe.concurrent('an embedded nats-server', () => {
  it('that was frozen is replaced by another one on its store', async ({ expect, onTestFinished }) => {
    const { pid, guarded } = await place(onTestFinished);
    const { connection, said } = await guarded({ frozenMs: 6_000 });
    expect(await publish(connection, 'aw.x', 'kept')).toBe(true);
    const { seq } = await connection.jsm.streams.getMessage(streamName, { last_by_subj: 'aw.x' });
    const first = await pid();
    process.kill(first, 'SIGSTOP');
    // The signal is not there at once: what is sent meanwhile may still be answered.
    await until('it to stand still', async () =>
      / T /.test(await readFile(`/proc/${String(first)}/stat`, 'utf8')),
    );
    await until('a write to be stored', () => publish(connection, 'aw.x', 'stored again'), 40_000);
    expect(await areGone([first])).toBe(true);
    expect(await pid()).not.toBe(first);
    expect((await connection.jsm.streams.getMessage(streamName, { seq })).string()).toBe('kept');
    expect(said.join()).toMatch(/^the embedded nats-server has answered nothing for \d+ s/);
  }, 60_000);

  it('that stores nothing after an error of its disk is replaced, and so is the next one, after a pause', async ({
    expect,
    onTestFinished,
  }) => {
    const { nats, port } = await place(onTestFinished);
    await mkdir(nats);
    const first = await launch(nats, { port }, 'first');
    await first.whenUp(30_000);
    // The second one is as sick, the third one is well.
    const others = ['second', 'third'];
    const startAgain = async () => {
      const name = others.shift() ?? 'none';
      const { server, whenUp } = await launch(nats, { port }, name);
      await whenUp(30_000);
      if (name === 'second') failWrites(server.pid);
      return server;
    };
    const forget = () => Promise.resolve();
    const bounds = { sickMs: 100, pauseMs: 14_000 };
    const supervisor = supervise({ folder: nats, first: first.server, startAgain, forget, bounds });
    onTestFinished(supervisor.stop);
    const { connection, writes } = await watched(port, onTestFinished);
    const said: { at: number; sentence: string }[] = [];
    const report = (sentence: string) => said.push({ at: performance.now(), sentence });
    supervisor.guard({ connection, writes, report });
    failWrites(first.server.pid);
    const publishedAt = performance.now();
    expect(await publish(connection, 'aw.x', 'x')).toBe(false);
    await until('the third', () => others.length === 0, 60_000);
    await until('a write to be stored', () => publish(connection, 'aw.x', 'x'), 20_000);
    // Whatever else it would say shows here.
    const sentences = said.map(({ sentence }) => sentence.replace(/ to \S+:.*/, ''));
    const replaced = 'the embedded nats-server answers and does not store (a write';
    expect(sentences).toEqual([replaced, replaced]);
    const [once = 0, twice = 0] = said.map(({ at }) => at);
    expect(once - publishedAt).toBeGreaterThan(10_000);
    expect(twice - once).toBeGreaterThan(13_000);
  }, 90_000);

  it('that has switched JetStream off, as it does where it may not write, is replaced', async ({
    expect,
    onTestFinished,
  }) => {
    const { nats, pid, guarded } = await place(onTestFinished);
    const { connection, said } = await guarded();
    const first = await pid();
    const config = join(nats, 'nats-server.conf');
    const text = await readFile(config, 'utf8');
    const off = text.replace('jetstream {', 'jetstream { enabled: false');
    await writeFile(config, `server_name: "${connection.server.name}"\n${off}`);
    process.kill(first, 'SIGHUP');
    await until('a write to fail', async () => !(await publish(connection, 'aw.x', 'x')));
    await until('a write to be stored', () => publish(connection, 'aw.x', 'x'), 40_000);
    expect(await pid()).not.toBe(first);
    expect(said.join()).toMatch(/answers and does not store \(a write to \S+: JetStream does not answer/);
  }, 60_000);

  it('that does not store and whose owner is gone is replaced by whoever starts next', async ({
    expect,
    onTestFinished,
  }) => {
    const { pid, forsake, start, guarded } = await place(onTestFinished);
    const { server, connection } = await guarded();
    server.supervisor?.guard(undefined);
    expect(await publish(connection, 'aw.x', 'kept')).toBe(true);
    const sick = await pid();
    failWrites(sick);
    expect(await publish(connection, 'aw.x', 'x')).toBe(false);
    // The disk is well again, and the server is not.
    allowWrites(sick);
    expect(await publish(connection, 'aw.x', 'x')).toBe(false);
    expect((await start()).how).toBe('shared');
    await forsake();
    const next = await start();
    expect(next.how).toBe('started');
    expect(await areGone([sick])).toBe(true);
    const other = await openConnection(next.url);
    onTestFinished(other.close);
    expect(await publish(other, 'aw.x', 'x')).toBe(true);
    expect((await other.jsm.streams.info(streamName, { subjects_filter: 'aw.x' })).state.subjects).toEqual({ 'aw.x': 2 }); // prettier-ignore
  }, 60_000);

  it('that is frozen and whose owner is gone is replaced as well, when it has had the time of a start', async ({
    expect,
    onTestFinished,
  }) => {
    const { pid, forsake, start } = await place(onTestFinished);
    await start();
    const frozen = await pid();
    process.kill(frozen, 'SIGSTOP');
    // A signal is on its way for a moment, in which it still answers.
    await until('it to be stopped', async () =>
      (await readFile(`/proc/${String(frozen)}/stat`, 'utf8')).includes(') T '),
    );
    await forsake();
    expect((await start()).how).toBe('started');
    expect(await areGone([frozen])).toBe(true);
  }, 90_000);

  it.runIf(canMount)(
    'of which one bucket stores nothing, because the disk was full when a chunk came, is replaced when there is room',
    async ({ expect, onTestFinished }) => {
      const { nats, pid, guarded } = await place(onTestFinished);
      const disk = mountSmallDisk(nats, 64, onTestFinished);
      const { connection, writes, server, said } = await guarded();
      const first = await pid();
      disk.fill(2_000_000);
      expect(await publish(connection, '$O.ALERT_WATCHER_STAGING.C.x', Buffer.alloc(4_000_000))).toBe(false);
      expect(await publish(connection, 'aw.x', 'the stream stores')).toBe(true);
      await until('the problem', () => writes.problem()?.includes('OBJ_ALERT_WATCHER_STAGING: no answer'));
      const isFull = /the disk of \S+ \(in DATA_DIR\) is full, \d+ bytes are free: free at least 16 MiB/;
      await until('what to do', () => isFull.test(server.supervisor?.advice() ?? ''), 30_000);
      expect(await pid()).toBe(first);
      disk.free();
      await until('the end of the problem', () => writes.problem() === undefined, 30_000);
      expect(await pid()).not.toBe(first);
      expect(await publish(connection, '$O.ALERT_WATCHER_STAGING.C.x', Buffer.alloc(4_000_000))).toBe(true);
      expect(said[0]).toMatch(isFull);
      expect(said[1]).toMatch(
        /answers and does not store \(a write to OBJ_ALERT_WATCHER_STAGING: no answer in time\)/,
      );
    },
    90_000,
  );

  it.runIf(canMount)(
    'takes what its disk has room for, also where it starts with most of it used',
    async ({ expect, onTestFinished }) => {
      const { nats, start } = await place(onTestFinished);
      const disk = mountSmallDisk(nats, 64, onTestFinished);
      const server = await start();
      const first = await openConnection(server.url);
      await ensureStreams(first, readDefinitions(), 1);
      for (let part = 0; part < 10; part += 1)
      expect(await publish(first, `$O.ALERT_WATCHER_STAGING.C.${String(part)}`, Buffer.alloc(4_000_000))).toBe(true); // prettier-ignore
      await first.close();
      await server.stop();
      disk.fill(50_000);
      const second = await openConnection((await start()).url);
      onTestFinished(second.close);
      disk.free();
      expect(await publish(second, 'aw.x', 'x')).toBe(true);
    },
    40_000,
  );

  it.runIf(canMount)('says where there is no room to start', async ({ expect, onTestFinished }) => {
    const { nats, start } = await place(onTestFinished);
    mountSmallDisk(nats, 1, onTestFinished).fill();
    await expect(start()).rejects.toThrow(
      /cannot be started: the disk of \S+ \(in DATA_DIR\) is full, 0 bytes/,
    );
  });
});
