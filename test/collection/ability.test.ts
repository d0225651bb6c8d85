import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAbility } from '../../src/collection/able/ability.ts';
import { lacksOf, lacksOfRow } from '../../src/collection/able/lacks.ts';
import { parseConfig } from '../../src/config/file.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { until } from '../support/until.ts';

let directory = '';
const install = async (name: string, mode = 0o755) => {
  // Whole and with its mode at once, as package managers do it.
  const unnamed = join(directory, `${name}.new`);
  await writeFile(unnamed, '#!/bin/sh\n');
  await chmod(unnamed, mode);
  await rename(unnamed, join(directory, name));
};
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-ability-'));
  await install('recorder');
  await install('locked', 0o644);
  await writeFile(join(directory, 'kubeconfig'), 'contexts: [{ name: prod, context: {} }]\n');
  await writeFile(join(directory, 'broken'), 'contexts: [{ name: "prod\n');
});
afterAll(() => rm(directory, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** What the only row of a configuration lacks. */
async function lacksIn(yaml: string, kubeconfig = 'kubeconfig') {
  vi.stubEnv('PATH', directory);
  vi.stubEnv('KUBECONFIG', join(directory, kubeconfig));
  const rules = parseConfig(yaml, 'test.yaml');
  const [row] = rules.collections;
  const found = row ? lacksOfRow(await lacksOf(rules), row) : [];
  return found.map(({ stops, sentence, action }) => `${stops}: ${sentence}. ${action}`);
}

const row = (more = '') =>
  `collections: [{ name: r, match: ['kube_context="prod"'], collector: c ${more} }]\n`;

describe('a row', () => {
  it.each([
    ['whose program is there', row() + 'collectors: { c: { command: [recorder] } }'],
    ['whose context is there', row() + 'collectors: { c: { driver: kubectl, kubectl: recorder } }'],
    ['without a collector of this machine', row() + 'collectors: { c: { driver: simulated } }'],
    ['that never runs its targetsCommand', row() + 'collectors: { c: { command: [recorder], targetsCommand: [gone] } }'],
    ['of the cluster that this runs in', row() + 'collectors: { c: { driver: kubectl, kubectl: recorder, inCluster: prod } }', 'none'],
    ['whose kubeconfig only kubectl can read', row() + 'collectors: { c: { driver: kubectl, kubectl: recorder } }', 'broken'],
  ])('%s lacks nothing', async (_, yaml, kubeconfig?: string) => {
    expect(await lacksIn(yaml, kubeconfig)).toEqual([]);
  }); // prettier-ignore

  it.each([
    ['collectors: { c: { command: [gone] } }', /^recording: collector c: the program gone is not on PATH\. install it, or set `collector:`/],
    ['collectors: { c: { command: [/no/such] } }', /^recording: collector c: the program \/no\/such is not there/],
    ['collectors: { c: { command: [./recorder] } }', /is a relative path, and never found\. write an absolute path/],
    ['collectors: { c: { command: [locked] } }', /locked may not be executed by this user\. make it executable/],
    ['collectors: { c: { driver: jcmd, pid: 1 } }', /^recording: collector c: the program jcmd is not on PATH/],
    ['collectors: { c: { driver: kubectl } }', /^recording: collector c: the program kubectl is not on PATH/],
  ])('with %j is told what is missing and what to do', async (collectors, told) => {
    expect(await lacksIn(row() + collectors)).toEqual([expect.stringMatching(told)]);
  }); // prettier-ignore

  it('whose targetsCommand is missing records alerts that name a pod, and is told so', async () => {
    const yaml = `${row(', targets: { statefulSet: one }')}collectors: { c: { command: [recorder], targetsCommand: [gone] } }`;
    expect(await lacksIn(yaml)).toEqual([
      expect.stringMatching(/^targets: targetsCommand of collector c: the program gone is not on PATH, so the pods of a StatefulSet cannot be found; alerts that name a pod are recorded/), // prettier-ignore
    ]);
  });

  it('whose context kubectl does not know is told so', async () => {
    const yaml = `${row()}collectors: { c: { driver: kubectl, kubectl: recorder } }`;
    expect(await lacksIn(yaml, 'none')).toEqual([
      expect.stringMatching(/^recording: collector c: kubectl has no context prod\. .*KUBECONFIG.*inCluster: prod/), // prettier-ignore
    ]);
  });

  it('of the built-in default is told what hemako is, and what to use without it', async () => {
    expect(await lacksIn('')).toEqual([
      expect.stringMatching(/hemako is not on PATH\. hemako is a company's own tool.*driver: kubectl.*simulated\.yaml/), // prettier-ignore
    ]);
  });
});

it('a program that is installed later makes its row able, and the log says so', async () => {
  vi.stubEnv('PATH', directory);
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(line) });
  const rules = parseConfig(`${row()}collectors: { c: { command: [later] } }`, 'test.yaml');
  const ability = createAbility(rules, { logger, metrics: createMetrics() }, 10);
  const end = ability.keepLooking();
  try {
    await until('the row to lack its program', () => ability.known().length === 1);
    await install('later');
    await until('the row to be able', () => ability.known().length === 0);
  } finally {
    end();
  }
  const told = lines.map((line) => JSON.parse(line) as { level: string; msg: string });
  expect(told.map(({ level, msg }) => `${level} ${msg.slice(0, 24)}`)).toEqual([
    'error row r cannot record: col',
    'info row r can record now; wh',
  ]);
});
