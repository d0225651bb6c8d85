import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { useNats } from '../support/nats.ts';
import { failedNight, reasons, storm } from '../support/night.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';

// What somebody new does in a bad night, with the keyboard only, at the speed of somebody who types: each within its time.

const isThere = inject('programs').chromium;
const nats = useNats();
const start = useServices(afterAll);
const open = useBrowser(isThere);
/** A slow typist. */
const keyMs = 150;
/** Somebody looks before each step. */
const lookMs = 700;

const rules = quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: hemako, durationSeconds: 600, timeoutSeconds: 900, cooldownSeconds: 0 }
collectors:
  hemako: { driver: simulated, tookSeconds: 600 }
`);

let service: TestService;
beforeAll(async () => {
  if (!isThere) return;
  service = await start(nats.freshUrl(), { rules, shutdownGraceSeconds: 0, maxConcurrentCollections: 150 });
  await failedNight(service.app.log.connection, 90);
  await service.post(storm(40));
  await service.whenState('failed', 90);
});

/** What somebody does with the keyboard, and how long it took in seconds. */
async function timed(
  page: Page,
  work: (press: (keys: string) => Promise<void>) => Promise<void>,
): Promise<number> {
  const began = performance.now();
  await work(async (keys) => {
    await page.waitForTimeout(lookMs);
    if (keys.length > 1 && /^[A-Z]/.test(keys)) await page.keyboard.press(keys);
    else await page.keyboard.type(keys, { delay: keyMs });
  });
  return (performance.now() - began) / 1_000;
}

const focused = (page: Page) => page.evaluate<string>('document.activeElement.textContent.trim()');

/** Presses Tab until the focus is on an element with this text. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    if ((await focused(page)) === text) return;
    await page.keyboard.press('Tab');
    await page.waitForTimeout(keyMs);
  }
  throw new Error(`Tab does not come to ${text}`);
}

describe.skipIf(!isThere)('in a bad night, with the keyboard only', () => {
  it('one finds out why a pod has no recording within 15 s', { timeout: 60_000 }, async () => {
    const page = await open(service.url);
    await page.locator('.attention [data-row]').first().waitFor();
    const seconds = await timed(page, async (press) => {
      await press('/');
      await press('crate-7');
      await page.getByRole('option', { name: 'crate-7' }).first().waitFor();
      await press('ArrowDown');
      await press('Enter');
      await page.locator('.chapter', { hasText: reasons[7 % reasons.length]?.message ?? '' }).waitFor();
    });
    expect(seconds).toBeLessThan(15);
  });

  it('one starts all again that failed for one reason within 10 s', { timeout: 60_000 }, async () => {
    const page = await open(service.url);
    await page.locator('.attention [data-row]').nth(2).waitFor();
    const seconds = await timed(page, async (press) => {
      await press('j');
      await tabTo(page, 'Redrive all…');
      await press('Enter');
      await press('fixed');
      await press('Enter');
      await page.getByText('30 redriven').waitFor();
    });
    expect(seconds).toBeLessThan(10);
    await until('them to be under way', async () => {
      const { total } = (await service.get('/api/v1/collections/counts?by=state&state=failed')) as unknown as { total: number }; // prettier-ignore
      return total === 60;
    });
  });

  it('no key by itself does anything to a recording', { timeout: 60_000 }, async () => {
    const id = (await service.get('/api/v1/collections?state=collecting')).items[0]?.id ?? '';
    for (const path of ['/', '/recordings?state=failed', '/alerts', `/recordings/${id}`, '/settings']) {
      const page = await open(service.url + path);
      const changes: string[] = [];
      page.on('request', (request) => {
        if (request.method() !== 'GET') changes.push(`${request.method()} ${request.url()}`);
      });
      await page.locator('main h2, main h3').first().waitFor();
      for (const key of 'abcdefhijklmnopqrstuvwxyz0123456789') await page.keyboard.press(key);
      for (const key of ['Delete', 'Backspace', 'Space', 'Escape']) await page.keyboard.press(key);
      expect(changes, path).toEqual([]);
      await page.close();
    }
  });
});
