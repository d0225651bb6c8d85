import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import type { Note, Violation } from '../../src/collection/audit/promises.ts';
import type { Random } from '../support/random.ts';
import { until } from '../support/until.ts';
import { compare } from './compare.ts';
import { type Fault, faults, longFaults, needsProxy } from './faults.ts';
import type { Sender } from './sender.ts';
import { isSettled, type World } from './world.ts';

/** What happened in one round. */
export interface RoundReport {
  faults: string[];
  pods: number;
  tookMs: number;
  /** Lines of the audit, or why the round did not come to rest; empty: every promise was kept. */
  violations: string[];
}

const manners = [
  'ok',
  'ok',
  'ok',
  'slow',
  'flaky',
  'nothing',
  'cut',
  'writing',
  'children',
  'hang',
  'never',
  'flood',
];
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const settleTimeoutMs = 90_000;
const longFaultChance = 0.02;

/** Lets alerts come while things break, heals the world, waits until nothing is under way, and audits the whole stream. */
export async function runRound(
  world: World,
  sender: Sender,
  random: Random,
  number: number,
): Promise<RoundReport> {
  const startedAt = performance.now();
  const all: Record<string, Fault> = { ...faults, ...longFaults };
  const chosen = choose(world, random);
  const pods = Array.from({ length: 4 + random.integer(5) }, (_, index) => {
    const name = `${random.pick(manners)}-${String(number)}-${String(index)}`;
    return random.chance(0.2) ? `whole-${name}` : name;
  });
  const violations: string[] = [];
  const breaking = chosen.map(async (name) => {
    await delay(random.integer(2_000));
    await all[name]?.(world, random.fork(name)).catch((error: unknown) => {
      violations.push(`${name}: ${String(error)}`);
    });
  });
  const alerting = sender
    .send(pods)
    .catch((error: unknown) => void violations.push(`sender: ${String(error)}`));
  await Promise.all([...breaking, alerting]);
  try {
    await world.heal();
    // The same pods again: attached, in the cooldown, or a new recording.
    if (random.chance(0.5)) await sender.send(pods.slice(0, 2));
    await sender.repeat(5);
    await settle(world);
    violations.push(...(await audit(world, sender)), ...(await compare(world)));
  } catch (error) {
    violations.push(
      `the round did not come to rest: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return { faults: chosen, pods: pods.length, tookMs: performance.now() - startedAt, violations };
}

function choose(world: World, random: Random): string[] {
  const hasProxies = world.services.proxy(0) !== undefined;
  const usable = Object.keys(faults).filter((name) => hasProxies || !needsProxy(name));
  const chosen = Array.from({ length: 1 + random.integer(3) }, () => random.pick(usable));
  return random.chance(longFaultChance) ? [...chosen, random.pick(Object.keys(longFaults))] : chosen;
}

async function settle(world: World): Promise<void> {
  const connection = await world.connection();
  try {
    await until('nothing to be under way', () => isSettled(connection, world.services), settleTimeoutMs);
  } finally {
    await connection.close();
  }
}

/** The audit as an operator runs it. */
export async function audit(world: World, sender: Sender): Promise<string[]> {
  const accepted = join(world.directory, 'accepted');
  await writeFile(accepted, [...sender.accepted].join('\n'));
  const { credentials } = world.s3;
  const env = {
    ...process.env,
    NATS_URL: world.nats.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const argv = [main, 'audit', '--settled', '--json', '--accepted', accepted];
  const options = { env, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, argv, options, (_error, stdout, stderr) => {
      if (stdout === '') {
        resolve([`the audit failed: ${stderr}`]);
        return;
      }
      const { violations, notes } = JSON.parse(stdout) as { violations: Violation[]; notes: Note[] };
      // Once something was purged the audit cannot know what is missing and what was purged; here it is known.
      const missing = notes.filter(
        ({ what, alertId }) => what.startsWith('was accepted') && !world.purged.has(alertId ?? ''),
      );
      // An operator purged the timers of the others, and the audit rightly says so.
      const kept = violations.filter(
        ({ promise, alertId }) => promise !== 6 || !world.purgedTimers.has(alertId ?? ''),
      );
      resolve([...kept, ...missing].map((found) => JSON.stringify(found)));
    });
  });
}
