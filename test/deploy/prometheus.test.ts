import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { filledIn } from '../support/promql.ts';

const programs = inject('programs');
const folder = resolve(import.meta.dirname, '../../deploy/prometheus');
const alertmanager = resolve(import.meta.dirname, '../../deploy/alertmanager/alertmanager.yaml');
const ruleFiles = globSync('*.rules.yaml', { cwd: folder });
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

interface Rule {
  alert?: string;
  expr: string;
  annotations?: Record<string, string>;
}

const rulesOf = (file: string) =>
  (parse(read(file)) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);
const alertsOf = (file: string) => rulesOf(file).filter(({ alert }) => alert !== undefined);

/** Runs a program in deploy/prometheus; what it said, and fails where it found something. */
function run(program: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  expect(stdout + stderr + (status === 0 ? '' : `\nexit ${String(status)}`)).not.toMatch(/FAILED|exit \d/);
  return stdout;
}

async function temporaryFile(name: string, content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-rules-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, name), content);
  return join(directory, name);
}

describe.runIf(programs.promtool)('promtool', () => {
  it('takes every rule file', () => {
    expect(ruleFiles.length).toBe(3);
    run('promtool', ['check', 'rules', ...ruleFiles]);
  });

  it('passes every test of the rules', () => {
    const tests = globSync('*.test.yaml', { cwd: folder });
    expect(tests.length).toBe(2);
    run('promtool', ['test', 'rules', ...tests]);
  });

  it('takes the sample configuration of Prometheus', async () => {
    const config = read('prometheus.yaml').replace('/etc/prometheus/rules', folder);
    expect(run('promtool', ['check', 'config', await temporaryFile('prometheus.yaml', config)])).toContain(
      `${String(ruleFiles.length)} rule files found`,
    );
  });

  it('takes the expressions of the dashboard', async () => {
    const dashboard = readFileSync(join(folder, '../grafana/alert-watcher.json'), 'utf8');
    const { panels } = JSON.parse(dashboard) as { panels: { targets?: { expr: string }[] }[] };
    const rules = panels
      .flatMap(({ targets = [] }) => targets)
      .map(({ expr }, index) => ({ record: `panel:${String(index)}`, expr: filledIn(expr) }));
    const file = await temporaryFile('rules.yaml', stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(run('promtool', ['check', 'rules', file])).toContain(`${String(rules.length)} rules found`);
  });
});

it.each(['alert-watcher', 'cratedb'])(
  'every alert of %s.rules.yaml fires in a test, and is silent in one',
  (name) => {
    interface Case {
      alert_rule_test: { alertname: string; exp_alerts: unknown[] }[];
    }
    const { tests } = parse(read(`${name}.test.yaml`)) as { tests: Case[] };
    const asked = tests.flatMap((each) => each.alert_rule_test);
    const alerts = alertsOf(`${name}.rules.yaml`).map(({ alert }) => alert);
    const tested = (fires: boolean) =>
      new Set(
        asked.filter(({ exp_alerts }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname),
      );
    expect(alerts.filter((alert = '') => !tested(true).has(alert))).toEqual([]);
    expect(alerts.filter((alert = '') => !tested(false).has(alert))).toEqual([]);
  },
);

it('every alert about the service has its page in docs/operations.md', () => {
  const doc = readFileSync(resolve(folder, '../../docs/operations.md'), 'utf8');
  const anchors = [...doc.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  );
  const alerts = alertsOf('alert-watcher.rules.yaml');
  for (const { alert = '', annotations } of alerts) {
    expect(annotations?.['runbook_url']).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(anchors).toContain(alert.toLowerCase());
  }
});

describe.runIf(programs.amtool)('the sample configuration of Alertmanager', () => {
  it('is one', () => {
    expect(run('amtool', ['check-config', alertmanager])).toContain('2 receivers');
  });

  it.each([
    ['CrateDBContainerRestart', 'alert-watcher'],
    ['CrateDBCloudNotResponsive', 'alert-watcher'],
    ['Watchdog', 'alert-watcher'],
    ['AlertWatcherDown', 'default'],
  ])('sends %s to %s', (alertname, receiver) => {
    const args = ['config', 'routes', 'test', `--config.file=${alertmanager}`, `alertname=${alertname}`];
    expect(run('amtool', args).trim()).toBe(receiver);
  });
});
