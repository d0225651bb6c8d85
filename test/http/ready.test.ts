import { expect, it } from 'vitest';
import type { Role } from '../../src/config/config.ts';
import type { ReactorRow } from '../../src/feature.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readyChecks } from '../../src/ready.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
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
