import { expect, it } from 'vitest';
import { startNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { captured } from '../support/webhook.ts';

const start = useServices();

it('a service says once when NATS goes, answers 503 meanwhile, and says nothing of it when it stops itself', async () => {
  const lines: string[] = [];
  const nats = await startNats([]);
  const service = await start(`nats://127.0.0.1:${String(nats.port)}`, { roles: ['ingest'] }, (line) =>
    lines.push(line),
  );
  const said = () => lines.filter((line) => line.includes('NATS is gone'));
  expect((await service.post(captured('am0.33.1-single_firing'))).status).toBe(200);
  await nats.stop();
  await until('the line', () => Promise.resolve(said().length > 0));
  expect((await service.post(captured('am0.33.1-single_firing'))).status).toBe(503);
  expect(said()).toHaveLength(1);

  const other = await startNats([]);
  const quiet: string[] = [];
  const second = await start(`nats://127.0.0.1:${String(other.port)}`, { roles: ['ingest'] }, (line) =>
    quiet.push(line),
  );
  await second.close();
  expect(quiet.join('')).not.toContain('NATS is gone');
  await other.stop();
});
