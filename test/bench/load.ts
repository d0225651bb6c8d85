import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { webhook } from '../support/webhook.ts';

/** What wrk saw. */
export interface Load {
  requests: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface LoadOptions {
  /** For the template of the alerts. */
  directory: string;
  url: string;
  alertsPerRequest: number;
  connections: number;
  seconds: number;
  labels?: Record<string, string>;
}

const script = fileURLToPath(new URL('wrk.lua', import.meta.url));
/** So many fingerprints belong to one call: no alert is told twice in a run. */
const fingerprintsPerCall = 2 ** 32;
let calls = 1;

/** Posts webhooks with wrk, in a process of its own, as fast as they are answered. Throws where one was not answered 2xx. */
export async function load(options: LoadOptions): Promise<Load> {
  const { directory, url, alertsPerRequest, connections, seconds, labels } = options;
  const [alert] = webhook().alerts;
  const template = join(directory, 'alert.json');
  const told = { ...alert, labels: { ...alert?.labels, ...labels }, fingerprint: 'f'.repeat(16) };
  await writeFile(template, JSON.stringify(told));
  const argv = [
    '-t1',
    `-c${String(connections)}`,
    `-d${String(seconds)}s`,
    '--timeout',
    '30s',
    '-s',
    script,
    url,
  ];
  const env = {
    AW_TEMPLATE: template,
    AW_ALERTS: String(alertsPerRequest),
    AW_FIRST: String(calls++ * fingerprintsPerCall),
  };
  const { stdout } = await execa('wrk', argv, { env }).catch((error: unknown) => {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    throw new Error('there is no wrk on PATH: the load comes from it (Debian: apt-get install wrk)');
  });
  const [, json = '{}'] = /^JSON (.*)$/m.exec(stdout) ?? [];
  const result = JSON.parse(json) as Load & { bad: number };
  if (result.bad > 0) throw new Error(`${String(result.bad)} of ${String(result.requests)} requests failed`);
  return result;
}
