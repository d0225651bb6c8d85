import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lastMessage } from '../../src/log/read.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

it('sources are listed as configured, with when each sent and was heard, also by a process that takes no alerts', async () => {
  const token = join(tmpdir(), `alert-watcher-token-${String(process.pid)}`);
  await writeFile(token, 'a-token-of-at-least-32-characters-x\n');
  const rules = quickRules(`sources:
  - { name: am, watchdog: { silenceSeconds: 1 } }
  - { name: titled, format: alerts, path: /in, auth: { bearerFile: ${token} } }
`);
  const url = nats.freshUrl();
  const service = await start(url, { rules });
  const other = await start(url, { rules, roles: ['api'] });
  const sources = async ({ get }: TestService) => (await get('/api/v1/sources')).items;
  await fetch(`${service.url}/webhook/am`, {
    method: 'POST',
    body: JSON.stringify(alertBody({ alertname: 'Watchdog' })),
  });
  const { connection } = service.app.log;
  await until('silence', () => lastMessage(connection, streamName, 'aw.source.am.SourceSilent'));
  const silent = await sources(service);

  const am = {
    name: 'am',
    format: 'alertmanager',
    paths: ['/webhook/am'],
    auth: 'none',
    silentAfterSeconds: 1,
  };
  const titled = { name: 'titled', format: 'alerts', paths: ['/in', '/in/sync'], auth: 'token' };
  expect(silent).toEqual([
    {
      ...am,
      lastAlertAt: expect.any(String) as string,
      lastHeardAt: expect.any(String) as string,
      silentSince: expect.any(String) as string,
    },
    titled,
  ]);
  const [known] = await sources(other);
  expect(known).toMatchObject({ ...am, lastAlertAt: silent[0]?.['lastAlertAt'] });
  expect(known).toHaveProperty('lastHeardAt');
});
