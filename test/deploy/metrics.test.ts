import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { expect, inject, it } from 'vitest';
import { metricsOfEverything } from '../support/metrics-of-everything.ts';
import { useNats } from '../support/nats.ts';
import { filledIn, type Selector, selectorsOf } from '../support/promql.ts';
import { useS3 } from '../support/s3-fixture.ts';
import { useServices } from '../support/service.ts';
import packageJson from '../../package.json' with { type: 'json' };

const programs = inject('programs');
const nats = useNats();
const s3 = useS3();
const start = useServices();

const deploy = new URL('../../deploy/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, deploy), 'utf8');

// Scraped once, by whichever test comes first.
let scraped: Promise<string> | undefined;
const metrics = () => (scraped ??= metricsOfEverything(start, nats.freshUrl(), s3()));

/** The labels of each metric that has a series. */
function labelsByName(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z0-9_]+)(?:\{(.*)\})? \S+$/gm)) {
    const known = found.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/([a-z_]+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}

/** What Prometheus itself adds to a series. */
const added = ['job', 'instance'];

const { groups } = parse(read('prometheus/alert-watcher.rules.yaml')) as {
  groups: { rules: { expr: string; record?: string }[] }[];
};
const rules = groups.flatMap((group) => group.rules);
/** Series that Prometheus makes of others, each by a rule whose own selectors are looked at. */
const recorded = rules.flatMap(({ record }) => record ?? []);

/** Selectors that no series can match. */
async function unmatched(selectors: Selector[]): Promise<string[]> {
  const known = labelsByName(await metrics());
  return selectors.flatMap(({ metric, labels }) => {
    if (metric === 'up' || recorded.includes(metric)) return [];
    const has = known.get(metric);
    if (!has) return [`no ${metric}`];
    return labels.filter((label) => !has.has(label) && !added.includes(label)).map((label) => `no ${label} of ${metric}`); // prettier-ignore
  });
}

it.runIf(programs.promtool)('the metrics are named by the conventions of Prometheus', async () => {
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
    input: await metrics(),
    encoding: 'utf8',
  });
  expect(stdout + stderr).toBe('');
  expect(status).toBe(0);
});

it('the metrics say what an operator asks for first', async () => {
  const text = await metrics();
  for (const line of [
    `alert_watcher_build_info{version="${packageJson.version}"} 1`,
    'alert_watcher_nats_connected 1',
    'alert_watcher_board_collections{state="uploaded"} 1',
    'alert_watcher_board_collections{state="failed"} 1',
    'alert_watcher_collection_oldest_age_seconds{state="uploading"} 0',
    'alert_watcher_consumer_pending_messages{consumer="intake"} 0',
    'alert_watcher_consumer_ack_pending_messages{consumer="collect"} 0',
    'alert_watcher_stream_limit_bytes{stream="ALERT_WATCHER"} 100000000',
    'alert_watcher_stream_limit_messages{stream="ALERT_WATCHER"} 100000',
    'alert_watcher_webhooks_refused_total{code="not-json"} 1',
    'alert_watcher_webhooks_refused_total{code="overloaded"} 0',
    'alert_watcher_attempts_total{stage="upload",result="failure"} 1',
    'alert_watcher_webhook_duration_seconds_count{source="alertmanager",sync="false",status_class="2xx"} 3',
    'alert_watcher_webhook_duration_seconds_count{source="alertmanager",sync="false",status_class="4xx"} 1',
    'alert_watcher_webhook_duration_seconds_count{source="alertmanager",sync="false",status_class="5xx"} 0',
    'alert_watcher_alert_to_collector_seconds_count{collector="sim"} 1',
    'alert_watcher_alert_to_collector_seconds_count{collector="broken"} 1',
    'alert_watcher_request_to_upload_seconds_count{destination="s3"} 1',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  expect(text).toMatch(/alert_watcher_stream_bytes\{stream="OBJ_ALERT_WATCHER_STAGING"\} \d/);
});

it('every query of the dashboard is PromQL and names a metric and labels that the service has', async () => {
  const selectors = dashboardExpressions().flatMap((expression) => selectorsOf(filledIn(expression)));
  expect(selectors.length).toBeGreaterThan(25);
  expect(await unmatched(selectors)).toEqual([]);
});

it('every rule about the service names a metric and labels that the service has', async () => {
  const selectors = rules.flatMap(({ expr }) => selectorsOf(expr));
  expect(selectors.length).toBeGreaterThan(30);
  expect(await unmatched(selectors)).toEqual([]);
});

it('every metric of the service is on the dashboard', async () => {
  const shown = dashboardExpressions().join('\n');
  const families = [...(await metrics()).matchAll(/^# TYPE (alert_watcher_\S+)/gm)].map(
    ([, name = '']) => name,
  );
  expect(families.filter((name) => !shown.includes(name))).toEqual([]);
});

function dashboardExpressions(): string[] {
  const { panels } = JSON.parse(read('grafana/alert-watcher.json')) as {
    panels: { targets?: { expr: string }[] }[];
  };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}
