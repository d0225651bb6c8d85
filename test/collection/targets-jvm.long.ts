import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { checkRecording } from '../../src/collection/collect/check-recording.ts';
import { readDefinitions, recordingsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { openConnection, type Connection } from '../../src/log/connection.ts';
import { listObjects, readObject } from '../../src/log/objects/store.ts';
import { startNatsProxy } from '../faults/nats-proxy.ts';
import { brokenPromises } from '../support/audit.ts';
import { pod } from '../support/events.ts';
import { useJvm } from '../support/jvm.ts';
import { type Cluster, clusterOf, container, podNumber } from '../support/kubectl/cluster.ts';
import { useStandInProgram } from '../support/kubectl/use-cluster.ts';
import { eventsOf } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { serve, type ServiceProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { webhook } from '../support/webhook.ts';

// The whole service in processes of its own, three real JVMs, the real jcmd; kubectl is the stand-in.
const hasJdk = inject('programs').jdk;
const jvms = [useJvm(hasJdk, 'A'), useJvm(hasJdk, 'B'), useJvm(hasJdk, 'C')];
const kubectl = useStandInProgram();
const nats = useNats();
let directory = '';
const services: ServiceProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-targets-'));
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.end('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

const names = (...numbers: number[]) => numbers.map((number) => `${pod.sts}-${String(number)}`);
const numbered = (number: number) =>
  podNumber(number, container({ jvms: [{ pid: jvms[number]?.pid() ?? 0 }] }));
const three = (more: Partial<Cluster> = {}) =>
  kubectl.set(
    clusterOf({
      statefulSet: { name: pod.sts, replicas: 3 },
      pod: numbered(0),
      others: [numbered(1), numbered(2)],
      ...more,
    }),
  );

async function startService(natsUrl: string): Promise<ServiceProcess> {
  const config = join(directory, 'config.yaml');
  await writeFile(
    config,
    `collections:
  - { match: ['alertname="CrateDBCloudNotResponsive"'], collector: kubernetes, targets: { statefulSet: all }, durationSeconds: 1, timeoutSeconds: 60, backoff: { initialSeconds: 0.2 } }
collectors: { kubernetes: { driver: kubectl, kubectl: '${kubectl.program()}', directories: ['${kubectl.directory()}'], maxBytes: 1048576 } }
`,
  );
  const service = serve({
    ALERT_WATCHER_CONFIG: config,
    DATA_DIR: join(directory, 'data'),
    NATS_URL: natsUrl,
  });
  services.push(service);
  return service;
}

/** As a real Alertmanager sent it, of this cluster. */
async function send(service: ServiceProcess): Promise<void> {
  const body = webhook('am0.33.1-prometheus_rules.2-firing-CrateDBCloudNotResponsive');
  const { kubeContext: kube_context, namespace, sts } = pod;
  const alerts = body.alerts.map(({ fingerprint: _, ...alert }) => ({ ...alert, labels: { ...alert.labels, kube_context, namespace, sts } })); // prettier-ignore
  const url = `${await service.url()}/webhook/alertmanager`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ ...body, alerts }) });
  expect(response.status).toBe(200);
}

/** Names of the pods of which there is a recording that is one of its JVM, and nothing that was promised is broken. */
async function recorded(connection: Connection): Promise<string[]> {
  const collected = await eventsOf(connection, 'JfrCollected');
  const uploaded = await eventsOf(connection, 'Uploaded');
  expect(uploaded).toHaveLength(collected.length);
  expect(await brokenPromises(connection)).toEqual([]);
  const objects = (await listObjects(connection, recordingsBucket)).map(({ name }) => name);
  expect(objects).toHaveLength(collected.length);
  for (const name of objects) {
    const file = join(directory, 'object.jfr');
    await writeFile(file, readObject(connection, recordingsBucket, name));
    expect(await checkRecording(file)).toMatchObject({ jfrVersion: '2.1' });
  }
  expect(collected.map(({ data }) => data.jvm?.podUid).sort()).toEqual(
    collected.map(({ data }) => `uid-${data.pod.split('-').at(-1) ?? ''}`).sort(),
  );
  return collected.map(({ data }) => data.pod).sort();
}

describe.runIf(hasJdk)('an alert about a StatefulSet with three JVMs', () => {
  it('leads to three recordings, each of its own JVM', async () => {
    three();
    const url = nats.freshUrl();
    const service = await startService(url);
    await send(service);
    const connection = await openConnection(url);
    await until(
      'three recordings',
      async () => (await eventsOf(connection, 'Uploaded')).length === 3,
      60_000,
    );
    expect(await recorded(connection)).toEqual(names(0, 1, 2));
    await connection.close();
  }, 90_000);

  // One pod is gone. targets-crash.test.ts has every write on the way, without JVMs.
  const lines = ['.TargetsFound ', '.CollectionRequested ', '.JfrCollected '];
  it.each(lines)(
    'one of them gone, killed before %s: leads to two, and to the reason of the third',
    async (bytes) => {
      three({ others: [numbered(2)] });
      const url = nats.freshUrl();
      const connection = await openConnection(url);
      const read = readDefinitions();
      // Short, so that the next process takes over soon.
      const consumers = read.consumers.map((each) => ({ ...each, ack_wait: 3_000_000_000 }));
      await ensureStreams(connection, { ...read, consumers }, 1);
      const proxy = await startNatsProxy(Number(new URL(url).port));
      const throughProxy = new URL(url);
      throughProxy.port = new URL(proxy.url).port;
      const first = await startService(throughProxy.href);
      await first.url();
      let isKilled = false;
      proxy.aim(bytes, () => {
        isKilled = true;
        first.child.kill('SIGKILL');
      });
      await send(first).catch(() => undefined);
      await until(`death before ${bytes}`, () => isKilled, 60_000);
      await first.end('SIGKILL');
      await proxy.close();
      const next = await startService(url);
      // Alertmanager sends again what was not answered.
      await send(next);
      await until(
        'two recordings',
        async () => (await eventsOf(connection, 'Uploaded')).length === 2,
        60_000,
      );
      await until('all to be handled', async () => {
        const infos = await Promise.all(read.consumers.map(({ durable_name }) => connection.jsm.consumers.info(streamName, durable_name))); // prettier-ignore
        return infos.every(({ num_pending, num_ack_pending }) => num_pending + num_ack_pending === 0);
      });
      const [found] = await eventsOf(connection, 'TargetsFound');
      expect(found?.data.leftOut).toMatchObject([{ pod: names(1)[0], reason: 'not-found' }]);
      expect(await recorded(connection)).toEqual(names(0, 2));
      await connection.close();
    },
    120_000,
  );
});
