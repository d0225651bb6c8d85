import { streamName } from '../../src/log/streams/definitions.ts';
import type { Connection } from '../../src/log/connection.ts';
import { readRange } from '../../src/log/read.ts';
import { quickRules, type TestService, type useServices } from './service.ts';
import { until } from './until.ts';
import { alertBody } from './webhook.ts';

const rules = quickRules(`collections:
  - { name: quick, match: ['tier="quick"'], collector: sim, durationSeconds: 0.4, cooldownSeconds: 3 }
  - { name: slow, match: ['tier="slow"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: 600 }
  - { name: broken, match: ['tier="broken"'], collector: broken, durationSeconds: 0.05, maxAttempts: 2, backoff: { initialSeconds: 0.05 } }
  - { name: whole, match: ['tier="whole"'], collector: sim, durationSeconds: 0.05, targets: { statefulSet: all, replicas: 2 } }
  - { name: lost, match: ['tier="lost"'], collector: lost, maxAttempts: 2, backoff: { initialSeconds: 0.05 }, targets: { statefulSet: all } }
collectors: { sim: { driver: simulated }, lost: { command: ['true'], targetsCommand: ['false'] }, broken: { driver: simulated, failTimes: 2 } }
`);

type Labels = Record<string, string>;
const bodyOf = (...alerts: Labels[]) => ({
  ...alertBody({}),
  alerts: alerts.flatMap((labels) => alertBody(labels).alerts),
});
const quick = (n: number) => ({ tier: 'quick', pod: 'quick-0', n: String(n) });
const resolved = (labels: Labels) => alertBody(labels, { status: 'resolved' });

/**
 * Lets a real service live through what alerts can come to: recorded and attached, suppressed for a cooldown and decided again, both
 * ways, or resolved during it, declined, ignored, failed, asked for by hand, recorded of each pod of a StatefulSet, whose pods
 * are not found; with a restart in between. One alert still waits
 * for the end of a cooldown. The service runs on.
 */
export async function eventfulService(
  start: ReturnType<typeof useServices>,
  url: string,
): Promise<TestService> {
  const first = await start(url, { rules });
  await first.post(bodyOf(quick(1), quick(2)));
  await first.whenState('uploaded', 1);
  await first.post(bodyOf(quick(3), quick(4), quick(5)));
  await whenThere(first.app.log.connection, 'CollectionSuppressed', 3);
  await first.post(resolved(quick(5)));
  await first.close();

  const service = await start(url, { rules });
  const { connection } = service.app.log;
  await whenThere(connection, 'AlertAttached', 2);
  const slow = { tier: 'slow', pod: 'slow-0' };
  await service.post(bodyOf({ ...slow, n: '1' }, { tier: 'broken', pod: 'broken-0' }));
  await service.whenState('uploaded', 3);
  await service.post(bodyOf({ ...slow, n: '2' }, { tier: 'quick', pod: '' }, { tier: 'none' }));
  const byHand = { kubeContext: 'c', namespace: 'n', pod: 'by-hand', reason: 'because', by: 'ann' };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${service.url}/api/v1/collections`, { method: 'POST', headers, body: JSON.stringify(byHand) });
  await service.whenState('uploaded', 4);
  await service.whenState('failed');
  await service.post(
    bodyOf({ tier: 'whole', pod: '', sts: 'whole' }, { tier: 'lost', pod: '', sts: 'lost' }),
  );
  await service.whenState('uploaded', 6);
  await whenThere(connection, 'AlertDeclined', 2);
  await whenThere(connection, 'CollectionSuppressed', 4);
  await whenThrough(connection);
  return service;
}

/** Waits until the intake has acknowledged everything that it was given. */
export async function whenThrough({ jsm }: Connection): Promise<void> {
  await until('the intake to be through', async () => {
    const { num_pending, num_ack_pending } = await jsm.consumers.info(streamName, 'intake');
    return num_pending === 0 && num_ack_pending === 0;
  });
}

async function whenThere(connection: Connection, type: string, count: number): Promise<void> {
  await until(`${String(count)} ${type}`, async () => {
    let found = 0;
    for await (const message of readRange(connection, streamName, { filter: 'aw.>' }))
      if (message.subject.endsWith(`.${type}`)) found += 1;
    return found >= count;
  });
}
