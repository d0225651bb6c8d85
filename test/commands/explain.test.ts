import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/collection/explain/explanation.ts';
import { cli } from '../support/cli.ts';
import { useNats } from '../support/nats.ts';
import { type Item, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, captured, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const pod = 'crate-data-hot-bfed25f8-45e5-420a-aaca-af3b86228910-1';
const longForm = `aks1-westeurope-prod/bfed25f8-45e5-420a-aaca-af3b86228910/${pod}`;
const fingerprint = '5829985c3a31f9b2';

let directory: string | undefined;
afterEach(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** A service with all roles that has recorded one pod, and has stored an alert of it that no row matches. */
async function recorded() {
  const url = nats.freshUrl();
  const service = await start(url);
  const { json } = await service.post(captured('am0.33.1-single_firing'));
  const [item] = await service.whenState('uploaded');
  const { alerts, ...group } = webhook('am0.33.1-single_firing');
  const ended = { status: 'resolved', endsAt: '2026-11-20T19:20:36Z' };
  await service.post({ ...group, alerts: alerts.map((alert) => ({ ...alert, ...ended })) });
  await service.post(alertBody({ alertname: 'Disk\u001b[31mFull' }));
  const explain = (...args: string[]) => cli(['explain', ...args], { NATS_URL: url });
  return { service, explain, alertId: json.alerts[0]?.id ?? '', collectionId: item?.id ?? '' };
}

describe('explain on the command line', () => {
  it('tells an alert, by its id, from its source to the url of its recording', async () => {
    const { explain, alertId, collectionId } = await recorded();
    const { code, stdout, stderr } = await explain(alertId);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines[2]).toBe('');
    expect(lines[3]).toBe(
      `${longForm}: CrateDBContainerRestart ${fingerprint}, firing since 2026-11-20T19:10:36.608863299Z`,
    );
    expect(lines[4]).toMatch(/^→ recorded, [^:]+ after the request: object-store:\/\/.+simulated/);
    const steps = lines
      .slice(5)
      .filter((line) => !/^ +sha256 [0-9a-f]{64}$/.test(line))
      .map((line) => /^ {2}\S+Z +\S.* ago {2}#\d+ {2}(.+)$/.exec(line)?.[1]);
    expect(steps).toEqual([
      expect.stringMatching(/^alert .* received from alertmanager \(receiver crate-webhook, http:/),
      expect.stringMatching(/^row collections\[0\] matched, says the plan: sim records 50 ms/),
      expect.stringContaining(`collection ${collectionId} of ${longForm} requested`),
      expect.stringMatching(/^attempt 1 of 5 began on \S+, /),
      expect.stringMatching(/^attempt 1 of 5 made a recording in /),
      expect.stringMatching(/^uploaded in \S+ \S+$/),
      expect.stringMatching(/^alert .* resolved/),
    ]);
  });

  it('tells a pod by its name, also what no row matched, and keeps hostile names off the terminal', async () => {
    const { explain } = await recorded();
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-explain-'));
    const config = join(directory, 'today.yaml');
    await writeFile(
      config,
      `collections: [{ name: disk, match: ['alertname=~".*Full"', 'severity="none"'] }]`,
    );
    const { code, stdout } = await explain(pod, '--config', config);
    expect(code).toBe(0);
    const [hostile, recording] = stdout.trim().split('\n\n').slice(1);
    expect(hostile).toContain('Disk\\u{1b}[31mFull');
    expect(stdout).not.toContain('\u001b');
    expect(hostile).toContain(`no row matches by today's configuration (${config}), which may differ`);
    expect(hostile).toContain('row disk does not match: it wants severity="none", and it is "critical"');
    expect(recording).toContain('→ recorded');
    const later = await explain(longForm, '--since', '2099-01-01T00:00:00Z');
    expect(later.code).toBe(4);
  });

  it('tells every episode of a fingerprint, and a collection, as JSON, too', async () => {
    const { explain, collectionId } = await recorded();
    const one = await explain(fingerprint, '--json');
    const { chapters, asked } = JSON.parse(one.stdout) as Explanation;
    expect(asked).toEqual({ kind: 'fingerprint', fingerprint });
    expect(chapters.map((each) => each.collectionId)).toEqual([collectionId]);
    const other = await explain(collectionId, '--json');
    const explanation = JSON.parse(other.stdout) as Explanation;
    expect(explanation.chapters).toEqual(chapters);
  });

  it('says what was looked for, and where, if nothing is found, and what may be asked', async () => {
    const { explain } = await recorded();
    const { code, stdout } = await explain('nobody-0');
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /^nothing found: looked for pods named nobody-0 since \S+; the stream ALERT_WATCHER has messages from #1 \(\S+\) to #\d+ \(\S+\); an alert without the label pod is found by its fingerprint \(alert-watcher tail declined --since 24h shows such alerts\)\n$/,
    );
    for (const id of ['ab'.repeat(32), 'ab'.repeat(16), 'ab'.repeat(8)]) {
      expect(await explain(id), id).toMatchObject({ code: 4 });
    }
    expect((await explain('ns/p')).stderr).toContain('kube_context/namespace/pod');
    expect((await explain('p', '--since', 'soon')).stderr).toContain('RFC 3339');
  });
});

describe('explain on the command line and in the API', () => {
  it('asks for the long form where several pods have a name', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { roles: ['ingest', 'intake', 'api'] });
    await service.post(alertBody({ pod: 'p-0', namespace: 'ns1' }));
    await service.post(alertBody({ pod: 'p-0', namespace: 'ns2' }));
    await service.whenState('requested', 2);
    const pods = ['ns1', 'ns2'].map((namespace) => `aks1-westeurope-prod/${namespace}/p-0`);
    const several = await cli(['explain', 'p-0'], { NATS_URL: url });
    expect(several).toMatchObject({ code: 2, stderr: '' });
    expect(several.stdout.trim().split('\n').slice(1)).toEqual(
      pods.map((each) => `  alert-watcher explain ${each}`),
    );
    expect(await service.get('/api/v1/explain?pod=p-0')).toMatchObject({
      status: 400,
      code: 'bad-request',
      pods,
    });
  });

  it('says for how long a collection has waited, and behind how many', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { roles: ['ingest', 'intake', 'api'] });
    for (const number of [1, 2, 3]) {
      await service.post(alertBody({ pod: `p-${String(number)}` }));
      await service.whenState('requested', number);
    }
    const [last] = await service.collections();
    const sentence =
      /^waits for its turn, requested .* ago: 2 requested collections of other pods wait before it$/;
    const { stdout } = await cli(['explain', 'p-3', '--json'], { NATS_URL: url });
    const { chapters } = JSON.parse(stdout) as Explanation;
    expect(chapters[0]?.outcome).toEqual({
      kind: 'waiting',
      sentence: expect.stringMatching(sentence) as string,
    });
    expect(outcomeOf(await service.get(`/api/v1/explain/${last?.id ?? ''}`))).toMatch(sentence);
  });
});

describe('explain in the API', () => {
  it('tells an alert, a fingerprint, a collection and a pod', async () => {
    const { service, alertId, collectionId } = await recorded();
    const byAlert = await service.get(`/api/v1/explain/${alertId}`);
    expect(outcomeOf(byAlert)).toMatch(/^recorded, /);
    for (const path of [`/${fingerprint}`, `/${collectionId}`]) {
      const { chapters } = await service.get(`/api/v1/explain${path}`);
      expect(chapters, path).toEqual(byAlert['chapters']);
    }
    const ignored = await until('the intake to pass over the alert', async () => {
      const explanation = await service.get(`/api/v1/explain?pod=${encodeURIComponent(longForm)}&since=1h`);
      return outcomeOf(explanation).includes('no row matched then') && explanation;
    });
    expect(ignored).toMatchObject({
      asked: { kind: 'pod', pod },
      pods: [{ pod }],
      chapters: [
        { alerts: [{ alertname: 'Disk\u001b[31mFull' }], outcome: { kind: 'ignored' } },
        { collectionId, outcome: { kind: 'uploaded' } },
      ],
    });
  });

  it('tells what waits for a cooldown, and what named no context, of the same pod', async () => {
    const { service, collectionId } = await recorded();
    await service.post(alertBody({ alertname: 'CrateDBCloudNotResponsive' }));
    await service.post(alertBody({ kube_context: '' }));
    const chapters = await until('both decisions', async () => {
      const explanation = await service.get(`/api/v1/explain?pod=${encodeURIComponent(longForm)}`);
      const told = (explanation as unknown as Explanation).chapters;
      return told.every(({ outcome }) => outcome.kind !== 'undecided') && told;
    });
    expect(chapters.map(({ outcome }) => outcome)).toEqual([
      { kind: 'declined', sentence: 'no recording: the alert has no label kube_context' },
      {
        kind: 'waiting',
        sentence: expect.stringMatching(/^waits for the end of the cooldown at \S+ \(in \d+ min/) as string,
      },
      expect.objectContaining({ kind: 'ignored' }),
      expect.objectContaining({ kind: 'uploaded' }),
    ]);
    expect(chapters.at(-1)?.collectionId).toBe(collectionId);
  });

  it('tells an alert that came before the time that was asked, if it still waits', async () => {
    const service = await start(nats.freshUrl(), { roles: ['ingest', 'intake', 'api'] });
    await service.post(captured('am0.33.1-single_firing'));
    await service.whenState('requested');
    const explanation = await service.get(`/api/v1/explain?pod=${pod}&since=2099-01-01T00:00:00Z`);
    const [chapter] = (explanation as unknown as Explanation).chapters;
    expect(chapter?.steps.map(({ kind }) => kind)).toEqual(['received', 'policy', 'requested']);
  });

  it('answers with problem details where nothing is there, or the question is none', async () => {
    const service = await start(nats.freshUrl());
    expect(await service.get(`/api/v1/explain/${'ab'.repeat(16)}`)).toMatchObject({
      ...{ status: 404, code: 'not-found' },
      stream: { name: 'ALERT_WATCHER', lastSequence: expect.any(Number) as number },
    });
    expect(await service.get('/api/v1/explain?pod=nobody')).toMatchObject({ status: 404 });
    for (const path of ['/none', '', '?pod=', '?pod=a/b', '?pod=p&since=soon', '?colour=red']) {
      const answer = await service.get(`/api/v1/explain${path}`);
      expect(answer, path).toMatchObject({ status: 400, code: 'bad-request' });
    }
  });
});

function outcomeOf(answer: Item): string {
  return (answer as unknown as Explanation).chapters[0]?.outcome.sentence ?? '';
}
