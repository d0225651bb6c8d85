import { expect, it } from 'vitest';
import type { Role } from '../../src/config/config.ts';
import type { ReactorRow } from '../../src/feature.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readyChecks } from '../../src/ready.ts';
import { startNats, useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';

const nats = useNats();
const start = useServices();
const row = (role: Role, durable: string): ReactorRow => ({ role, durable, start: () => Promise.reject(new Error('not started')) as never }); // prettier-ignore

it('a process is ready only if every durable consumer of every role of its own is there', async () => {
  const connection = await nats.connectWithStreams();
  const follower = { isCaughtUp: () => true, lag: () => 0 };
  const writes = { name: 'writes', check: () => Promise.resolve(undefined) };
  const reactors = [row('intake', 'intake'), row('intake', 'second'), row('collect', 'collect')];
  const missing = async (roles: Role[]) => {
    const checks = readyChecks({ connection, follower, reactors, writes }, roles);
    const results = checks.map(({ name, check }) => check().then(() => [], () => [name])); // prettier-ignore
    return (await Promise.all(results)).flat();
  };
  expect(await missing(['intake'])).toEqual(['consumer second']);
  expect(await missing(['collect', 'api'])).toEqual([]);
  await connection.jsm.consumers.delete(streamName, 'collect');
  expect(await missing(['intake', 'collect'])).toEqual(['consumer second', 'consumer collect']);
});

it('answers within 1 s while NATS answers nothing, and names the checks without a result', async () => {
  const frozen = await startNats([]);
  const service = await start(`nats://127.0.0.1:${String(frozen.port)}`, { roles: ['ingest', 'api'] });
  expect(await service.get('/ready')).toMatchObject({ status: 'ready', details: [] });
  frozen.signal('SIGSTOP');
  const answers = async () => {
    const begun = performance.now();
    const response = await fetch(`${service.url}/ready`);
    const { checks } = (await response.json()) as { checks: Record<string, string> };
    return { status: response.status, tookMs: performance.now() - begun, checks };
  };
  // The signal is not there at once.
  const first = await answers();
  const { status, tookMs, checks } = first.status === 200 ? await answers() : first;
  frozen.signal('SIGCONT');
  expect(tookMs).toBeLessThan(1_000);
  expect(status).toBe(503);
  expect(checks).toMatchObject({ stream: 'no answer within 0.8 s', board: 'ok' });
  await service.close();
  await frozen.stop();
});
