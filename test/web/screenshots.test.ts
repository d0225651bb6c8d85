import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, inject, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

// `npm run screenshots` writes the pictures of the docs. They show the real page over the real service.

const isWanted = inject('programs').chromium && process.env['SCREENSHOTS'] === 'true';
const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const nats = useNats();
const start = useServices();
const open = useBrowser(isWanted);

const rules = quickRules(`collections:
  - { name: crate-slow, match: ['alertname="CrateDBCloudNotResponsive"'], collector: slow, durationSeconds: 30, cooldownSeconds: 0 }
  - { name: crate-restart, match: ['alertname="CrateDBContainerRestart"'], collector: bad, durationSeconds: 2, timeoutSeconds: 60, maxAttempts: 3, backoff: { initialSeconds: 2 }, cooldownSeconds: 0 }
  - { name: heap, match: ['alertname=~".+"'], collector: quick, durationSeconds: 3, cooldownSeconds: 0 }
collectors:
  slow: { driver: simulated, tookSeconds: 30 }
  quick: { driver: simulated, tookSeconds: 3 }
  bad: { driver: simulated, tookSeconds: 2, failTimes: 2 }
`);

const alert = (alertname: string, pod: string, more = {}) =>
  alertBody(
    {
      alertname,
      pod,
      namespace: 'orders',
      kube_context: 'aks1-westeurope-prod',
      severity: 'critical',
      ...more,
    },
    { startsAt: new Date().toISOString() },
  );

describe.skipIf(!isWanted)('the pictures of the docs', () => {
  it('are taken', { timeout: 90_000 }, async () => {
    const service = await start(nats.freshUrl(), { rules, shutdownGraceSeconds: 0 });
    await mkdir(folder, { recursive: true });
    const shot = async (
      name: string,
      path: string,
      ready: string,
      width = 1120,
      colorScheme: 'light' | 'dark' = 'light',
      part?: string,
    ) => {
      const viewport = { width, height: part ? 1_600 : 720 };
      const page = await open(service.url + path, {
        viewport,
        colorScheme,
        deviceScaleFactor: width < 500 ? 2 : 1,
      });
      await page.locator(ready).first().waitFor();
      await (part ? page.locator(part) : page).screenshot({ path: `${folder}${name}.png` });
    };
    await service.post(alert('CrateDBContainerRestart', 'crate-data-hot-0'));
    await service.post(alert('HeapAlmostFull', 'crate-master-1'));
    await service.whenState('uploaded', 1);
    await service.post(alert('HeapAlmostFull', 'crate-data-hot-0', { severity: 'warning' }));
    const [restarted] = await service.whenState('uploaded', 2);
    await service.post(alert('CrateDBCloudNotResponsive', 'crate-data-hot-2'));
    await service.post(alert('CrateDBContainerRestart', 'crate-data-warm-0'));
    await service.whenState('collecting', 2);
    const id =
      (await service.get('/api/v1/collections?pod=crate-data-hot-0')).items[0]?.id ?? restarted?.id ?? '';
    await shot('overview', '/', '.active .error');
    await shot('phone', '/', '.active .error', 360, 'dark');
    await shot('pod', '/pods/aks1-westeurope-prod/orders/crate-data-hot-0', '.timeline .mark');
    const replay = (await service.get(`/api/v1/collections/${id}/replay`)).items;
    const at = replay.find(({ type }) => type === 'JfrCollected')?.['sequence'];
    await shot('time-travel', `/recordings/${id}?at=${String(at)}`, '.travel', 1120, 'dark', '.travel');
  });
});
