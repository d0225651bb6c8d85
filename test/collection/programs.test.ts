import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptFailed } from '../../src/kernel/react/failures.ts';
import { whyNotStartable } from '../../src/programs/find-program.ts';
import { runProgram } from '../../src/programs/run-program.ts';
import { createSpawner } from '../../src/programs/spawner.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const said = ({ code, message }: AttemptFailed) => ({ code, message });

describe('a program that is looked for', () => {
  let directory = '';
  const spawner = createSpawner();
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-programs-'));
    await writeFile(join(directory, 'plain'), 'no program');
    await writeFile(join(directory, 'runs'), '#!/bin/sh\n');
    await chmod(join(directory, 'runs'), 0o755);
  });
  afterAll(async () => {
    await spawner.close();
    await rm(directory, { recursive: true, force: true });
  });

  it.each(['runs', 'plain', 'no-such-program', '/bin/sh', '/dev/null', '/tmp', './runs', '/bin/sh/x'])(
    '(%s) is found exactly where starting it finds it',
    async (program) => {
      const path = [directory, process.env['PATH'] ?? ''].join(delimiter);
      const options = { cwd: tmpdir(), env: { PATH: path }, signal: AbortSignal.timeout(10_000) };
      const started = await runProgram(spawner, [program], options).then(
        () => undefined,
        (error: unknown) => said(error as AttemptFailed),
      );
      const found = await whyNotStartable(program, path);
      expect(found && said(found)).toEqual(started);
    },
  );
});

describe('a collector whose program is not there', () => {
  const nats = useNats();
  const start = useServices();
  const rules = quickRules(`collections:
  - { name: without, match: ['alertname="Gone"'], collector: gone, durationSeconds: 0.05, maxAttempts: 1 }
  - { name: with, match: ['alertname="There"'], collector: there, durationSeconds: 0.05 }
collectors:
  gone: { command: [no-such-program-here, '{pod}'] }
  unused: { command: [nor-this-one] }
  there: { driver: simulated }
`);
  const errors = (lines: string[]) =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ level }) => level === 'error');

  it('is named once at the start, with what to do; its alerts are stored, and other collectors record', async () => {
    const lines: string[] = [];
    const service = await start(nats.freshUrl(), { rules }, (line) => lines.push(line));
    const [error] = await until('the log to say so', () => {
      const found = errors(lines);
      return found.length > 0 && found;
    });
    expect(error).toMatchObject({
      collector: 'gone',
      program: 'no-such-program-here',
      rows: ['without'],
      code: 'collector-not-found',
      path: process.env['PATH'],
    });
    expect(error?.['msg']).toMatch(/^row without cannot record: collector gone: the program no-such-program-here is not on PATH\. .*What to do: install it.*docs\/deployment\.md/); // prettier-ignore
    expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(
      /^alert_watcher_collector_available\{collector="gone"\} 0$/m,
    );
    expect((await service.post(alertBody({ alertname: 'Gone', pod: 'one' }))).json.accepted).toBe(1);
    expect((await service.post(alertBody({ alertname: 'There', pod: 'two' }))).json.accepted).toBe(1);
    await service.whenState('uploaded');
    await service.whenState('failed');
    expect(errors(lines).filter(({ program }) => program !== undefined)).toHaveLength(1);
  });

  it('is no matter of a process that does not collect', async () => {
    const lines: string[] = [];
    const roles = ['ingest', 'intake', 'upload', 'api'] as const;
    const service = await start(nats.freshUrl(), { rules, roles: [...roles] }, (line) => lines.push(line));
    expect(await (await fetch(`${service.url}/metrics`)).text()).not.toContain('collector_available');
    const { items } = await service.get('/api/v1/rows');
    expect(items.map(({ canRecord, isChecked }) => [canRecord, isChecked])).toEqual([[true, false], [true, false]]); // prettier-ignore
    expect((await service.get('/ready'))['details']).toEqual([]);
    expect(errors(lines)).toEqual([]);
  });
});
