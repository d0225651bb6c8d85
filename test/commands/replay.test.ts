import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { PodHistoryEntry } from '../../src/collection/pod/history.ts';
import { cli } from '../support/cli.ts';
import { useNats } from '../support/nats.ts';
import { type Item, useServices } from '../support/service.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const namespace = 'aks1-westeurope-prod/bfed25f8-45e5-420a-aaca-af3b86228910';
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

let directory: string | undefined;
afterEach(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  directory = undefined;
});

async function file(yaml: string): Promise<string> {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-replay-'));
  await writeFile(join(directory, 'other.yaml'), yaml);
  return join(directory, 'other.yaml');
}

/** Two pods that were recorded, one after the other; the second has waited for its cooldown since. */
async function recorded() {
  const url = nats.freshUrl();
  const service = await start(url);
  await service.post(captured('am0.33.1-single_firing'));
  await service.whenState('uploaded');
  await service.post(alertBody({ pod: 'second-0' }));
  const items = await service.whenState('uploaded', 2);
  const replay = (...args: string[]) => cli(['replay', ...args], { NATS_URL: url });
  const entries = async (...args: string[]) =>
    (await replay('--json', ...args)).stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as PodHistoryEntry); // prettier-ignore
  const second = items.find(({ pod }) => pod === 'second-0') as Item;
  return { url, service, replay, entries, second };
}

describe('replay', () => {
  it('shows from a sequence, a time or a duration ago on, with the states of a fold from the beginning', async () => {
    const { entries, replay, second } = await recorded();
    const all = await entries('--pod', `${namespace}/second-0`);
    expect(all.map(({ type }) => type)).toEqual([
      ...['CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded'],
    ]);
    const [, , collected] = all;
    if (!collected) throw new Error('there is no JfrCollected');
    const later = all.slice(2);
    for (const from of [String(collected.sequence), collected.storedAt]) {
      const shown = await entries('--pod', `${namespace}/second-0`, '--from', from);
      expect(shown.at(-1), from).toEqual(later.at(-1));
      expect(shown.find(({ type }) => type === 'JfrCollected')).toEqual(collected);
      expect(shown.length).toBeLessThanOrEqual(all.length);
    }
    expect(collected.before).toMatchObject({ value: 'collecting', current: { attempts: 1 } });
    expect(await entries('--collection', second.id, '--from', '1h')).toEqual(all);
    expect(await entries('--collection', second.id, '--until', String(collected.sequence - 1))).toHaveLength(
      2,
    );
    const none = await replay('--collection', 'ab'.repeat(16));
    expect(none).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('there is no collection') as string,
    });
    expect((await replay('--from', 'soon')).stderr).toContain('expected a sequence, an RFC 3339 time');
    expect((await replay('--step')).stderr).toContain('run it in a terminal, or use --json');
  });

  it('draws the machine, with the state of a pod at a time', async () => {
    const { replay, entries } = await recorded();
    const plain = await replay('--machine');
    expect(plain.stdout).toMatch(/^stateDiagram-v2\n/);
    expect(plain.stdout).not.toContain('class ');
    const [requested] = await entries('--pod', `${namespace}/second-0`);
    const until = String(requested?.sequence);
    const marked = await replay('--machine', '--pod', `${namespace}/second-0`, '--until', until);
    expect(marked.stdout).toMatch(new RegExp(`^%% ${namespace}/second-0 after #${until}: collecting `));
    expect(marked.stdout).toContain('class collecting current');
    expect((await replay('--machine', '--pod', 'a/b/c')).stdout).toContain('class idle current');
  });

  it('says what another configuration would have done, and that its own does the same', async () => {
    const { replay, service, url } = await recorded();
    await service.post(alertBody({ alertname: 'CrateDBCloudNotResponsive', pod: 'second-0' }));
    const other = await file(
      `collections: [{ match: ['pod="second-0"'], durationSeconds: 5, cooldownSeconds: 0 }]`,
    );
    const { code, stdout } = await replay('--what-if', other);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^#\d+ \S+ CrateDBContainerRestart 5829985c3a31f9b2 .*\n {2}- then {2}requested .*\n {2}\+ would nothing/,
    );
    expect(stdout).toMatch(/3 firing alerts: 0 the same, 3 differ by/);
    expect(stdout).toContain('what is assumed:');
    const from = await replay('--what-if', other, '--pod', `${namespace}/second-0`, '--json', '--from', '2');
    const lines = from.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ differs }) => differs)).toEqual([true, true, undefined]);
    expect(lines.at(-1)).toMatchObject({ config: other, summary: { alerts: 2, differ: 2 } });
    const own =
      await file(`collections: [{ match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, timeoutSeconds: 10, backoff: { initialSeconds: 0.05 } }]
collectors: { sim: { driver: simulated } }`);
    const same = await replay('--what-if', own, '--json');
    const differing = same.stdout.split('\n').filter((line) => line.includes('"differs":true'));
    expect(differing).toEqual([]);
    expect((await replay('--what-if', own, '--step')).stderr).toContain('cannot be used with');
    const last = await cli(['replay', '--json'], { NATS_URL: url });
    expect(last.stdout).not.toContain('what-if');
  });

  it.skipIf(!inject('programs').script)('steps through events in a terminal', async () => {
    const { url, second } = await recorded();
    const keys = ['return', 'p', 'g999', 'q'];
    const screen = await onTerminal(`replay --step --collection ${second.id}`, url, keys);
    expect(screen).toContain('CollectionRequested');
    expect(screen).toMatch(/\u001b\[31m {2}- value: "idle"\u001b\[39m/);
    expect(screen).toMatch(/\u001b\[32m {2}\+ value: "collecting"\u001b\[39m/);
    expect(screen).toContain('2 of 4');
    expect(screen).toContain('there is no event at or behind #999');
    expect(screen.match(/before idle/g)).toHaveLength(2);
  });
});

/** Runs a command in a pseudo terminal, pressing each key once the prompt is there; what was shown. */
function onTerminal(command: string, url: string, keys: string[]): Promise<string> {
  const env = { ...process.env, NATS_URL: url, FORCE_COLOR: '1', NO_COLOR: undefined, TERM: 'xterm' };
  return new Promise((resolve, reject) => {
    const line = `${process.execPath} ${main} ${command}`;
    const child = execFile(
      'script',
      ['-qec', line, '/dev/null'],
      { env, timeout: 20_000 },
      (error, stdout) => {
        if (error) reject(new Error(error.message));
        else resolve(stdout);
      },
    );
    child.stdout?.on('data', (part: string) => {
      const key = part.includes('q quit') ? keys.shift() : undefined;
      if (key !== undefined)
        child.stdin?.write(key === 'return' || key.startsWith('g') ? `${key.replace('return', '')}\r` : key);
    });
  });
}
