import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { accessibilityFaults, layoutShift, useBrowser } from '../support/browser.ts';
import { useNats } from '../support/nats.ts';
import { failedNight } from '../support/night.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

// The page in every amount of trouble, on every width, in both themes. `SCREENSHOTS=true` keeps what it looked like.

const isThere = inject('programs').chromium;
const folder = fileURLToPath(new URL('../../docs/images/storm/', import.meta.url));
const nats = useNats();
const start = useServices();
const open = useBrowser(isThere);

const rules = quickRules(`collections:
  - { name: slow, match: ['alertname="CrateDBCloudNotResponsive"'], collector: slow, durationSeconds: 600, timeoutSeconds: 900, cooldownSeconds: 0 }
  - { name: quick, match: ['alertname="CrateDBContainerRestart"'], collector: quick, durationSeconds: 1, cooldownSeconds: 0 }
collectors:
  slow: { driver: simulated, tookSeconds: 600 }
  quick: { driver: simulated, tookSeconds: 0.2 }
`);
const config = { rules, shutdownGraceSeconds: 0, maxConcurrentCollections: 150 };
const widths = [1440, 768, 390];
const themes = ['light', 'dark'] as const;

/** Alerts of many pods in one webhook, as Alertmanager sends a group. */
function storm(count: number, alertname = 'CrateDBCloudNotResponsive', first = 0) {
  const one = (index: number) =>
    alertBody(
      {
        alertname,
        kube_context: 'aks1-westeurope-prod',
        namespace: `shop-${String(index % 3)}`,
        pod: `crate-data-hot-${String(index)}`,
        severity: 'critical',
      },
      { startsAt: new Date().toISOString() },
    );
  const bodies = Array.from({ length: count }, (_, index) => one(first + index));
  return { ...one(0), alerts: bodies.flatMap(({ alerts }) => alerts) };
}

const isTooWide = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth');

/** Looks at a view on every width in both themes. */
async function lookAt(service: TestService, name: string, path: string, ready: string): Promise<void> {
  for (const width of widths) {
    const page = await open(service.url + path, { viewport: { width, height: width < 500 ? 844 : 900 } });
    await page.locator(ready).first().waitFor();
    expect(await layoutShift(page), `${name} ${String(width)} jumps`).toBeLessThan(0.02);
    expect(await isTooWide(page), `${name} ${String(width)} is too wide`).toBe(false);
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityFaults(page), `${name} ${String(width)} ${colorScheme}`).toEqual([]);
      if (process.env['SCREENSHOTS'] === 'true') {
        await mkdir(folder, { recursive: true });
        await page.screenshot({ path: `${folder}${name}-${String(width)}-${colorScheme}.png` });
      }
    }
    await page.close();
  }
}

describe.skipIf(!isThere)('the page in a storm', () => {
  it.each([0, 1, 40, 200])('shows %i recordings under way', { timeout: 120_000 }, async (count) => {
    const service = await start(nats.freshUrl(), config);
    if (count > 0) await service.post(storm(count));
    await until('all to be under way', async () => {
      const { total } = (await service.get('/api/v1/collections/counts?by=state')) as unknown as {
        total: number;
      };
      return total === count;
    });
    await lookAt(
      service,
      `now-${String(count)}`,
      '/',
      count === 0 ? '.recording .empty' : '.active [data-row]',
    );
  });

  it('shows 500 that failed for three reasons, grouped', { timeout: 180_000 }, async () => {
    const url = nats.freshUrl();
    const service = await start(url, config);
    await failedNight(service.app.log.connection, 500);
    await until('all to be there', async () => {
      const { total } = (await service.get(
        '/api/v1/collections/counts?by=state&state=failed',
      )) as unknown as { total: number };
      return total === 500;
    });
    await lookAt(service, 'now-failed', '/', '.attention [data-row]');
    await lookAt(service, 'recordings-failed', '/recordings?state=failed', '.recordings [data-row]');
    await lookAt(service, 'alerts', '/alerts', '.groups [data-row]');
    await lookAt(service, 'pods', '/pods', '.pods [data-row]');
    await lookAt(service, 'settings', '/settings', '.rows [data-row]');
    await lookAt(service, 'alert-list', '/alerts?namespace=shop-0', '.alerts [data-row]');
  });
});
