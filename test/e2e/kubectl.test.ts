import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingsBucket, stagingBucket } from '../../src/log/streams/definitions.ts';
import { deleteObject, listObjects, readObject } from '../../src/log/objects/store.ts';
import { cli } from '../support/cli.ts';
import { pod } from '../support/events.ts';
import { clusterOf, podOf, restarted } from '../support/kubectl/cluster.ts';
import { useStandInProgram } from '../support/kubectl/use-cluster.ts';
import { useNats } from '../support/nats.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

// The whole service, real NATS, kubectl as a program that is the stand-in; the JVM is played.
const nats = useNats();
const s3 = useS3();
const start = useServices();
const kubectl = useStandInProgram();
let volume = '';
beforeAll(async () => {
  volume = await mkdtemp(join(tmpdir(), 'alert-watcher-volume-'));
});
afterAll(() => rm(volume, { recursive: true, force: true }));

const rules = (destination = '') =>
  quickRules(`collections:
  - match: ['alertname=~"CrateDB.*"']
    collector: kubernetes
    durationSeconds: 0.05
    timeoutSeconds: 60
    maxAttempts: 1
collectors:
  kubernetes:
    driver: kubectl
    kubectl: '${kubectl.program()}'
    directories: ['${kubectl.directory()}']
    crashDirectories: ['${volume}']
    maxBytes: 1048576
${destination}`);
const alert = () => {
  const { kubeContext: kube_context, namespace, pod: name } = pod;
  const startsAt = new Date(Date.now() - 30_000).toISOString();
  return alertBody({ kube_context, namespace, pod: name }, { startsAt });
};
/** The container that the alert is about ended a minute ago, and left a file whose name is hostile. */
async function crash() {
  const finishedAt = new Date(Date.now() - 60_000).toISOString();
  const startedAt = new Date(Date.now() - 50_000).toISOString();
  const lastTerminated = { reason: 'Error', exitCode: 134, finishedAt };
  kubectl.set(clusterOf({ pod: podOf(restarted({ startedAt, lastTerminated })), previousLog: 'the end\n' }));
  await writeFile(join(volume, 'hs_err_pid7 $(id)|\u2603.log'), '# A fatal error has been detected');
}

describe('a container that crashed', () => {
  it('has its evidence beside the recording of its successor, told by events, explain and audit', async () => {
    await crash();
    const url = nats.freshUrl();
    const service = await start(url, { rules: rules() });
    await service.post(alert());
    const [item] = await service.whenState('uploaded');
    const id = item?.id ?? '';
    const story = await service.get(`/api/v1/collections/${id}`);
    expect(story).toMatchObject({
      jvm: { podUid: 'uid-1', container: 'crate', restartCount: 1, afterRestart: true },
      artefacts: [
        { kind: 'previous-log', name: 'crate-previous.log', bytes: 8 },
        { kind: 'crash-log', name: 'hs_err_pid7 $(id)|\u2603.log' },
      ],
    });
    const { connection } = service.app.log;
    const names = (await listObjects(connection, recordingsBucket)).map(({ name }) => name.split('/').at(-1));
    expect(names.sort()).toEqual([
      `${id}.artefact-1.crate-previous.log`,
      `${id}.artefact-2.hs_err_pid7___id___.log`,
      `${id}.jfr`,
    ]);
    await until(
      'nothing to be staged',
      async () => (await listObjects(connection, stagingBucket)).length === 0,
    );

    const [log] = (await listObjects(connection, recordingsBucket)).filter(({ name }) =>
      name.endsWith('previous.log'),
    );
    let content = '';
    for await (const part of readObject(connection, recordingsBucket, log?.name ?? '')) content += Buffer.from(part).toString(); // prettier-ignore
    expect(content).toBe('the end\n');

    const told = await cli(['explain', id], { NATS_URL: url });
    expect(told.stdout).toContain('after a restart: this is not the JVM that was in trouble');
    expect(told.stdout).toContain('with a crash-log: hs_err_pid7 $(id)|');
    expect(await cli(['audit', '--settled', '--deep'], { NATS_URL: url })).toMatchObject({ code: 0 });
    await deleteObject(connection, recordingsBucket, log?.name ?? '');
    const missing = await cli(['audit'], { NATS_URL: url });
    expect(missing.code).toBe(1);
    expect(missing.stdout).toContain('artefact-1.crate-previous.log');
  });

  it('has it in S3, too, with what tells the JVM as metadata', async () => {
    await crash();
    const { bucket, endpoint = '', region = '' } = placeOf(s3());
    const place = `{ type: s3, bucket: ${bucket}, endpoint: '${endpoint}', region: ${region}, forcePathStyle: true }`;
    const service = await start(nats.freshUrl(), { rules: rules(`destination: ${place}`) });
    await service.post(alert());
    const [item] = await service.whenState('uploaded');
    const objects = [...s3().objects].filter(([key]) => key.includes(item?.id ?? '?'));
    expect(objects.map(([key]) => key.split('/').at(-1)).sort()).toEqual([
      `${item?.id ?? ''}.artefact-1.crate-previous.log`,
      `${item?.id ?? ''}.artefact-2.hs_err_pid7___id___.log`,
      `${item?.id ?? ''}.jfr`,
    ]);
    const [, recording] = objects.find(([key]) => key.endsWith('.jfr')) ?? [];
    expect(recording?.metadata).toMatchObject({
      'pod-uid': 'uid-1',
      'restart-count': '1',
      'after-restart': 'true',
    });
  });
});
