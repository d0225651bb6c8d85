import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { accessibilityFaults, layoutShift, useBrowser } from '../support/browser.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

// What the page tells of one pod and one recording: stories, not lists.

const isThere = inject('programs').chromium;
const nats = useNats();
const start = useServices(afterAll);
const open = useBrowser(isThere);

const rules = quickRules(`collections:
  - { match: ['alertname=~"Slow.*"'], collector: slow, durationSeconds: 60, cooldownSeconds: 0 }
  - { match: ['alertname="Bad"'], collector: bad, maxAttempts: 3, backoff: { initialSeconds: 0.01 }, cooldownSeconds: 0 }
collectors:
  slow: { driver: simulated, tookSeconds: 60 }
  bad: { command: [node, -e, 'process.exit(3)'] }
`);
let service: TestService;
beforeAll(async () => {
  if (isThere) service = await start(nats.freshUrl(), { rules, shutdownGraceSeconds: 0 });
});

const alert = (alertname: string, pod: string, more = {}) =>
  alertBody(
    { alertname, pod, namespace: 'shop', kube_context: 'eu', ...more },
    { startsAt: new Date().toISOString() },
  );
const newest = (state: string, pod: string) =>
  until(`${pod} to be ${state}`, async () => {
    const [item] = (await service.get(`/api/v1/collections?pod=${pod}`)).items;
    return item?.state === state && item.id;
  });
async function recorded(alertname: string, pod: string, state: string) {
  await service.post(alert(alertname, pod));
  return newest(state, pod);
}
const podUrl = (pod: string) => `${service.url}/pods/eu/shop/${pod}`;
const isTooWide = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth');

/** No fault at all in both themes, nothing wider than a phone, and nothing that jumped while it was loaded. */
async function isFair(page: Page) {
  expect(await layoutShift(page)).toBeLessThan(0.01);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await isTooWide(page)).toBe(false);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await accessibilityFaults(page), colorScheme).toEqual([]);
  }
}

describe.skipIf(!isThere)('the page tells', () => {
  it('many alerts on one pod in one line that opens, and moves nothing when more comes', async () => {
    await recorded('Bad', 'many-0', 'failed');
    const id = await recorded('Slow', 'many-0', 'collecting');
    const attach = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, index) =>
          service.post(alert('Slow too', 'many-0', { number: String(from + index) })),
        ),
      );
    await attach(0, 12);
    const page = await open(podUrl('many-0'));
    const line = page.locator('summary', { hasText: '12 alerts attached' });
    await line.waitFor();
    await page.locator('summary', { hasText: '3 attempts failed: exit code 3' }).waitFor();
    const story = page.locator('.chapter').first();
    expect(await story.locator('tr:visible').count()).toBeLessThan(8);
    await attach(12, 20);
    await page.locator('summary', { hasText: '20 alerts attached' }).waitFor();
    await service.post(alert('None', 'many-0'));
    await page.getByText('is being recorded').first().waitFor();
    const body = JSON.stringify({ reason: 'enough' });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${service.url}/api/v1/collections/${id}/cancel`, { method: 'POST', headers, body });
    await recorded('Slow', 'many-0', 'collecting');
    const fresh = page.getByRole('button', { name: /^Show \d new$/ });
    await fresh.waitFor();
    await isFair(page);
    await fresh.click();
    await page.getByText('no row matched').first().waitFor();
    await page.locator('summary', { hasText: '20 alerts attached' }).click();
    expect(await page.locator('.steps .steps tbody tr:visible').count()).toBe(20);
  });

  it('a recording that failed: why, and what to do; its log when somebody wants it', async () => {
    const id = await recorded('Bad', 'bad-0', 'failed');
    const asked: string[] = [];
    const page = await open(`${service.url}/recordings`);
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${service.url}/recordings/${id}`);
    const summary = page.locator('.summary');
    await summary.getByText('no recording: failed at the stage collect after 3 attempts').waitFor();
    await summary.getByText('run its command').waitFor();
    expect(await page.getByText('failed at the stage collect').count()).toBe(1);
    await isFair(page);
    expect(asked.some((url) => url.endsWith('/replay'))).toBe(false);
    await page
      .getByRole('link', { name: /^#\d+$/ })
      .last()
      .click();
    await page.locator('.event strong', { hasText: 'CollectionFailed' }).waitFor();
    expect(new URL(page.url()).searchParams.has('at')).toBe(true);
  });
});
