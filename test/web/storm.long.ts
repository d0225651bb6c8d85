import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { accessibilityFaults, layoutShift, useBrowser } from '../support/browser.ts';
import { startNats, useNats } from '../support/nats.ts';
import { freePort } from '../support/process.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { failedNight, storm } from '../support/night.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';

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

/** A row of a list is a few lines: more is a column without room. */
const mostRowPx = 200;
const highestRow = (page: Page) => page.evaluate<number>("Math.max(0, ...[...document.querySelectorAll('.list [data-row]')].map((row) => row.offsetHeight))"); // prettier-ignore
const isTooWide = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth');

async function keep(page: Page, name: string): Promise<void> {
  if (process.env['SCREENSHOTS'] !== 'true') return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.jpg`, quality: 60, type: 'jpeg' });
}

/** Looks at a view on every width in both themes. */
async function lookAt(service: TestService, name: string, path: string, ready: string): Promise<void> {
  for (const width of widths) {
    const page = await open(service.url + path, { viewport: { width, height: width < 500 ? 844 : 900 } });
    await page.locator(ready).first().waitFor();
    expect(await layoutShift(page), `${name} ${String(width)} jumps`).toBeLessThan(0.02);
    expect(await isTooWide(page), `${name} ${String(width)} is too wide`).toBe(false);
    expect(await highestRow(page), `${name} ${String(width)} has a row of many lines`).toBeLessThan(
      mostRowPx,
    );
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityFaults(page), `${name} ${String(width)} ${colorScheme}`).toEqual([]);
      // One of each width is kept.
      if ((colorScheme === 'light') === (width === 1440)) await keep(page, `${name}-${String(width)}`);
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

  it('tells 100 alerts on one pod as a story', { timeout: 120_000 }, async () => {
    const service = await start(nats.freshUrl(), config);
    const body = storm(100);
    for (const [index, alert] of body.alerts.entries()) {
      Object.assign(alert.labels, { pod: 'crate-0', namespace: 'shop', instance: String(index) });
    }
    await service.post(body);
    await until('all to be attached', async () => {
      const { alerts } = await service.get(
        `/api/v1/collections/${(await service.collections())[0]?.id ?? ''}`,
      );
      return (alerts as string[]).length === 100;
    });
    await lookAt(service, 'pod', '/pods/aks1-westeurope-prod/shop/crate-0', '.chapter');
    const { id = '' } = (await service.collections())[0] ?? {};
    await lookAt(service, 'recording', `/recordings/${id}`, '.chapter');
  });

  it.each(['/', '/recordings', '/alerts'])(
    '%s holds still while 200 recordings a minute arrive',
    { timeout: 120_000 },
    async (path) => {
      const service = await start(nats.freshUrl(), config);
      await service.post(storm(20));
      await failedNight(service.app.log.connection, 3);
      const pages = [];
      for (const width of widths)
        pages.push(await open(service.url + path, { viewport: { width, height: 900 } }));
      for (const page of pages) await page.locator('[data-row]').first().waitFor();
      for (let arrived = 0; arrived < 100; arrived += 1) {
        await service.post(
          storm(
            1,
            arrived % 3 === 0 ? 'CrateDBCloudNotResponsive' : 'CrateDBContainerRestart',
            100 + arrived,
          ),
        );
        await delay(300);
      }
      for (const page of pages) expect(await layoutShift(page)).toBeLessThan(0.02);
    },
  );
});

describe.skipIf(!isThere)('the truth about itself', () => {
  const banner = (page: Page) => page.getByRole('alert').getByText('Nothing newer is known');

  it(
    'a NATS that froze shows within 5 s, and what was known stays, until it is back',
    { timeout: 60_000 },
    async () => {
      const server = await startNats([]);
      try {
        const service = await start(`nats://127.0.0.1:${String(server.port)}`, config);
        await service.post(storm(3));
        const page = await open(service.url, { allowed: /503/ });
        await page.locator('.active [data-row]').first().waitFor();
        await page.getByText('live', { exact: true }).waitFor();
        server.signal('SIGSTOP');
        const frozenAt = performance.now();
        await banner(page).waitFor({ timeout: 5_000 });
        expect(performance.now() - frozenAt).toBeLessThan(5_000);
        const askedAt = performance.now();
        expect((await fetch(`${service.url}/ready`)).status).toBe(503);
        expect(performance.now() - askedAt).toBeLessThan(1_100);
        expect(await page.locator('.active [data-row]').count()).toBe(3);
        const bars = await page.locator('.active .progress').allTextContents();
        await delay(2_500);
        expect(await page.locator('.active .progress').allTextContents()).toEqual(bars);
        await keep(page, 'frozen');
        server.signal('SIGCONT');
        await banner(page).waitFor({ state: 'detached' });
        await page.getByText('live', { exact: true }).waitFor();
      } finally {
        server.signal('SIGCONT');
        await server.stop();
      }
    },
  );

  it(
    'a service that is gone is said to be, and an error goes away with its cause',
    { timeout: 60_000 },
    async () => {
      const [url, port] = [nats.freshUrl(), await freePort()];
      const first = await start(url, { ...config, port });
      const page = await open(first.url, { allowed: /Failed to load resource|net::ERR/ });
      await page.getByText('live', { exact: true }).waitFor();
      await first.close();
      await banner(page).waitFor({ timeout: 5_000 });
      await page.getByRole('link', { name: 'Alerts' }).click();
      await page.getByRole('alert').getByText('cannot be reached').waitFor();
      await keep(page, 'disconnected');
      await start(url, { ...config, port });
      await banner(page).waitFor({ state: 'detached' });
      await page.getByText('cannot be reached').waitFor({ state: 'detached' });
      await page.getByText('No alert came').waitFor();
    },
  );
});
