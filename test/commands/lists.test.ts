import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutTo, widthOf } from '../../src/commands/terminal/width.ts';
import { ageOf } from '../../src/commands/list/words.ts';
import { run } from '../support/in-process.ts';
import { until } from '../support/until.ts';
import { stubApi, type StubAnswer } from '../support/stub-api.ts';

const place = { kubeContext: 'prod', namespace: 'search' };
const hostile = 'Disk\u001b[31mFull\u202e\n\tlast';
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();
const collections = Array.from({ length: 450 }, (_, number) => ({
  ...{ id: number.toString(16).padStart(32, '0'), state: number === 1 ? 'failed' : 'uploaded', ...place },
  ...{
    pod: `crate-data-hot-${String(number)}`,
    alertname: number === 2 ? hostile : 'CrateDBContainerRestart',
  },
  ...{ requestedAt: ago(300), more: { kept: true } },
  ...(number === 1 ? { error: { stage: 'upload', code: 'upload-failed', message: 'no such bucket' } } : {}),
}));

/** As the API pages: by the number of the last one. */
function answer({ pathname, searchParams }: URL): StubAnswer {
  const after = Number(searchParams.get('after') ?? -1);
  const limit = Number(searchParams.get('limit'));
  switch (pathname) {
    case '/api/v1/collections': {
      const items = collections.slice(after + 1, after + 1 + limit);
      const last = after + items.length;
      return { json: { items, asOf: 9, ...(last < collections.length - 1 ? { next: last } : {}) } };
    }
    case '/api/v1/alerts': {
      const about = { fingerprint: 'ab'.repeat(8), storedAt: ago(7_300), status: 'firing', alertname: null };
      const outcome = { decision: 'AlertDeclined', reason: 'the alert has no label pod' };
      // A search that takes its time answers with an empty page.
      if (after < 0) return { json: { items: [], next: '7' } };
      return { json: { items: [{ id: 'cd'.repeat(32), ...about, outcome }] } };
    }
    case '/api/v1/pods': {
      const last = {
        id: 'a',
        state: 'failed',
        requestedAt: ago(90),
        error: { code: 'timeout', message: 'too slow' },
      };
      const counts = { uploaded: 3, failed: 1, requested: 0 };
      return { json: { items: [{ ...place, pod: 'crate-0', state: 'idle', collections: counts, last }] } };
    }
    case '/api/v1/sources':
      return searchParams.has('limit')
        ? { status: 400, json: { detail: 'there is no limit' } }
        : { json: { items: [{ name: 'am', format: 'alertmanager', paths: ['/a', '/b'], auth: 'token', lastAlertAt: ago(5), silentSince: ago(1) }] } }; // prettier-ignore
  }
  return { status: 404, json: { detail: 'nothing' } };
}

let api: Awaited<ReturnType<typeof stubApi>>;
beforeAll(async () => {
  api = await stubApi(answer);
});
afterAll(() => api.close());
const list = (line: string, columns?: number) =>
  run([...line.split(' '), '--url', api.url], { XDG_CONFIG_HOME: '/nowhere' }, columns);

describe('a list', () => {
  it('is a table as wide as the terminal, and nothing in it moves the cursor', async () => {
    for (const width of [200, 120, 80, 40]) {
      const { code, stdout, stderr } = await list('collections --limit 3', width);
      expect(code).toBe(0);
      const lines = stdout.trimEnd().split('\n');
      expect(lines).toHaveLength(4);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
      expect(stdout).not.toMatch(/[\u001b\u202e\t]/);
      expect(stderr).toBe('there are more collections: these are the first 3 (--limit)\n');
    }
    const { stdout } = await list('collections --limit 3', 200);
    expect(stdout.split('\n')).toEqual([
      'ID                                STATE     AGE  POD                           ALERT                                     ERROR',
      '00000000000000000000000000000000  uploaded  5m   prod/search/crate-data-hot-0  CrateDBContainerRestart',
      '00000000000000000000000000000001  failed    5m   prod/search/crate-data-hot-1  CrateDBContainerRestart                   upload: upload-failed: no such bucket',
      '00000000000000000000000000000002  uploaded  5m   prod/search/crate-data-hot-2  Disk\\u{1b}[31mFull\\u{202e}\\u{a}\\u{9}last',
      '',
    ]);
    const narrow = await list('collections --limit 2', 100);
    expect(narrow.stdout).toMatch(/ 5m {3}…\S*-hot-1 {2}\S+… {2}\S.*…$/m);
  });

  it('is whole lines with tabs in a pipe, with exact times, and no title', async () => {
    const { stdout } = await list('collections --limit 3');
    const rows = stdout.slice(0, -1).split('\n').map((line) => line.split('\t')); // prettier-ignore
    expect(rows.map(({ length }) => length)).toEqual([6, 6, 6]);
    expect(rows[1]).toEqual([
      ...[collections[1]?.id, 'failed', collections[1]?.requestedAt, 'prod/search/crate-data-hot-1'],
      ...['CrateDBContainerRestart', 'upload: upload-failed: no such bucket'],
    ]);
    expect(stdout).not.toMatch(/[\u001b\u202e]/);
  });

  it('asks for page after page up to the limit, and keeps what the API says as JSON', async () => {
    api.asked.length = 0;
    const array = await list('collections --limit 420 --json');
    const items = JSON.parse(array.stdout) as unknown[];
    expect(items).toEqual(collections.slice(0, 420));
    expect(api.asked.map(({ url }) => url.search)).toEqual([
      '?limit=200',
      '?limit=200&after=199',
      '?limit=20&after=399',
    ]);
    expect(array.stdout).not.toMatch(/[\u001b\u202e]/);
    const all = await list('collections --limit 1000 --jsonl');
    expect(all.stderr).toBe('');
    expect(all.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(collections); // prettier-ignore
  });

  it('asks the service for what it filters by', async () => {
    api.asked.length = 0;
    await list(
      'collections --state failed --state cancelled --error-code x --kube-context k --namespace n --pod p --alertname a --collector c --rule r --prefix y --since 2026-11-20T18:31:29Z',
    );
    expect(api.asked[0]?.url.search).toBe(
      '?state=failed&state=cancelled&errorCode=x&kubeContext=k&namespace=n&pod=p&alertname=a&collector=c&rule=r&prefix=y&since=2026-11-20T18%3A31%3A29.000Z&limit=50',
    );
    api.asked.length = 0;
    await list('alerts --status firing --outcome declined --outcome unmatched --fingerprint f --prefix y');
    expect(api.asked[0]?.url.search).toBe(
      '?fingerprint=f&status=firing&outcome=declined&outcome=unmatched&prefix=y&limit=50',
    );
  });

  it.each([
    [
      'alerts',
      'FINGERPRINT       STATUS  AGE  OUTCOME                               ID',
      'abababababababab  firing  2h   declined, the alert has no label pod  cdcd',
    ],
    [
      'pods',
      'POD                  STATE  LAST    AGE  COLLECTIONS           ERROR',
      'prod/search/crate-0  idle   failed  90s  3 uploaded, 1 failed  timeout: too slow',
    ],
    [
      'sources',
      'NAME  FORMAT        PATHS  AUTH   LAST ALERT  SILENT FOR',
      'am    alertmanager  /a /b  token  5s          1s',
    ],
  ])('%s', async (name, title, first) => {
    const { code, stdout } = await list(name, 200);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe(title);
    expect(stdout.split('\n')[1]).toContain(first);
    expect(JSON.parse((await list(`${name} --json`)).stdout)).toHaveLength(1);
  });

  it('that is empty says so to people, and is an empty array for programs', async () => {
    const empty = await stubApi(() => ({ json: { items: [] } }));
    const ask = (args: string[], columns?: number) => run(['pods', '--url', empty.url, ...args], {}, columns);
    expect(await ask([], 80)).toEqual({ code: 0, stdout: '', stderr: `no pods like that at ${empty.url}\n` });
    expect(await ask([])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await ask(['--json'])).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    await empty.close();
  });

  it('whose pages lead to themselves comes to an end', async () => {
    const endless = await stubApi(() => ({ json: { items: [], next: 7 } }));
    expect(await run(['alerts', '--url', endless.url])).toMatchObject({ code: 0, stdout: '' });
    expect(endless.asked).toHaveLength(2);
    await endless.close();
  });
});

describe('a list that is cut short', () => {
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
  const env = { ...process.env, XDG_CONFIG_HOME: '/nowhere' };

  it('ends well where its reader has seen enough, like all that commands print', async () => {
    const url = `--url ${api.url}`;
    const lines = [`collections --limit 450 --jsonl ${url}`, 'completion zsh'];
    const ends = lines.map(
      (line) => `(node ${main} ${line} | head -c 1 >/dev/null; echo "\${PIPESTATUS[*]}") &`,
    );
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', `${ends.join('\n')}\nwait`], { env });
    expect([stdout, stderr]).toEqual(['0 0\n'.repeat(lines.length), '']);
  });

  it('ends with 130 at Ctrl-C', async () => {
    const silent = await stubApi(() => undefined);
    const child = spawn(process.execPath, [main, 'alerts', '--url', silent.url], { env, stdio: 'ignore' });
    await until('a request', () => silent.asked.length > 0);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    await silent.close();
  });
});

it('texts are measured and cut as a terminal shows them', () => {
  expect(['abc', '', 'é', 'e\u0301', '数据', '🚨x'].map(widthOf)).toEqual([3, 0, 1, 1, 4, 3]);
  expect([cutTo('abcdef', 6), cutTo('abcdef', 4), cutTo('abcdef', 4, 'end'), cutTo('数据库', 4)]).toEqual([
    ...['abcdef', 'abc…', '…def', '数…'],
  ]);
});

it('an age is a few letters', () => {
  const now = Date.parse('2026-11-28T12:00:00Z');
  const ages = ['11:59:59', '11:58:01', '11:57:59', '10:01:00', '09:00:00'].map((time) =>
    ageOf(`2026-11-28T${time}Z`, now),
  );
  expect([
    ...ages,
    ageOf('2026-11-20T12:00:00Z', now),
    ageOf(undefined),
    ageOf('2027-01-01T00:00:00Z', now),
  ]).toEqual([...['1s', '119s', '2m', '119m', '3h', '8d', '', '0s']]);
});
