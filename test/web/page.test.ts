import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { accessibilityFaults, layoutShift, useBrowser } from '../support/browser.ts';
import { useNats } from '../support/nats.ts';
import { freePort } from '../support/process.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const isThere = inject('programs').chromium;
const nats = useNats();
const start = useServices(afterAll);
const open = useBrowser(isThere);

/** Alerts are chosen by their names. */
const rules = quickRules(`collections:
  - { match: ['alertname="Slow"'], collector: slow, durationSeconds: 60, cooldownSeconds: 0 }
  - { match: ['alertname="Short"'], collector: short, durationSeconds: 2, cooldownSeconds: 0 }
  - { match: ['alertname="Bad"'], collector: bad, maxAttempts: 1, cooldownSeconds: 0 }
  - { match: ['alertname=~"[\\\\s\\\\S]+"'], collector: quick, cooldownSeconds: 0 }
collectors:
  slow: { driver: simulated, tookSeconds: 60 }
  short: { driver: simulated, tookSeconds: 0.6 }
  quick: { driver: simulated, tookSeconds: 0.05 }
  bad: { command: [node, -e, 'process.stderr.write("<img src=x onerror=alert(1)></script><b>"), process.exit(3)'] }
`);
const config = { rules, shutdownGraceSeconds: 0 };

/** One for all tests that don't stop it; each has pods of its own. */
let service: TestService;
beforeAll(async () => {
  if (isThere) service = await start(nats.freshUrl(), config);
});

const alert = (alertname: string, pod: string) =>
  alertBody(
    { alertname, pod, namespace: 'shop', kube_context: 'eu/west', severity: alertname },
    { startsAt: new Date().toISOString() },
  );
const podUrl = (pod: string) => `${service.url}/pods/eu%2Fwest/shop/${encodeURIComponent(pod)}`;
const collectionUrl = (id: string) => `${service.url}/recordings/${id}`;
const active = (page: Page, pod: string) => page.locator('.active li', { hasText: pod });
const row = (page: Page, pod: string) => page.locator('.list tbody tr, .ended li', { hasText: pod });
const isTooWide = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth');
const focused = (page: Page) =>
  page.evaluate('document.activeElement.id || document.activeElement.textContent');

/** Waits until a pod's newest collection is in a state; its id. */
const idOf = (state: string, pod: string) =>
  until(`${pod} to be ${state}`, async () => {
    const [item] = (await service.get(`/api/v1/collections?pod=${pod}`)).items;
    return item?.state === state && item.id;
  });

/** Posts an alert and waits until its collection has come to a state; its id. */
async function collection(alertname: string, pod: string, state: string): Promise<string> {
  await service.post(alert(alertname, pod));
  return idOf(state, pod);
}

describe.skipIf(!isThere)('the page', () => {
  it('says how to send a test alert, and shows what comes of it without being loaded again', async () => {
    const page = await open(service.url);
    await page.getByText('No alert has led to a recording yet').waitFor();
    const command = (await page.locator('.empty pre').textContent()) ?? '';
    expect(command).toContain(`${service.url}/webhook/alertmanager`);
    const body = /-d '(.*)'$/s.exec(command)?.[1] ?? '';
    expect((await service.post(body)).json).toMatchObject({ accepted: 1 });
    await row(page, 'crate-data-hot-test-0').getByText('uploaded').waitFor();
    await row(page, 'crate-data-hot-test-0').getByText('simulated').waitFor();
    await service.post(alert('Short', 'live-0'));
    await active(page, 'live-0').getByText('of 2 s recorded').waitFor();
    await row(page, 'live-0').getByText('uploaded').waitFor();
    await page.getByText('Nothing is being recorded').waitFor();
    await page.locator('[aria-live]', { hasText: /uploaded/ }).waitFor({ state: 'attached' });
  });

  it('goes on where it was when the service comes back, and misses nothing', async () => {
    const [url, port] = [nats.freshUrl(), await freePort()];
    const first = await start(url, { ...config, port });
    const page = await open(first.url, { allowed: /Failed to load resource|net::ERR/ });
    await page.evaluate('window.isTheSame = true');
    await first.post(alert('Quick', 'before-0'));
    await row(page, 'before-0').getByText('uploaded').waitFor();
    await first.close();
    await page.getByText('disconnected', { exact: true }).waitFor();
    await page.getByText('Nothing newer is known').waitFor();
    const other = await start(url, config);
    await other.post(alert('Quick', 'meanwhile-0'));
    await other.whenState('uploaded', 2);
    const again = await start(url, { ...config, port });
    await again.post(alert('Quick', 'after-0'));
    for (const pod of ['before-0', 'meanwhile-0', 'after-0']) {
      await row(page, pod).getByText('uploaded').waitFor();
    }
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByText('Nothing newer is known').waitFor({ state: 'detached' });
    expect(await page.evaluate('window.isTheSame')).toBe(true);
  });

  it('filters by its address, which can be shared', async () => {
    await collection('Quick', 'good-0', 'uploaded');
    await collection('Bad', 'bad-0', 'failed');
    const page = await open(`${service.url}/?state=failed`);
    await row(page, 'bad-0').waitFor();
    expect(await row(page, 'good-0').count()).toBe(0);
    await page.getByLabel('State').selectOption('uploaded');
    await row(page, 'good-0').waitFor();
    expect(page.url()).toBe(`${service.url}/recordings?state=uploaded`);
    await page.getByLabel('Pod', { exact: true }).fill('none');
    await page.keyboard.press('Enter');
    await page.getByText('No recording matches').waitFor();
    await page.goBack();
    await row(page, 'good-0').waitFor();
  });

  it('shows what comes from outside as text, however hostile it is', async () => {
    const markup = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>';
    const names = [markup, '\u202Egpj.exe\u2066 \u0000\n{{constructor}} ${1}', 'W'.repeat(3_000)];
    for (const [index, name] of names.entries()) await collection(name, `odd-${String(index)}`, 'uploaded');
    const failed = await collection('Bad', 'odd-3', 'failed');
    const page = await open(`${service.url}/recordings`, { viewport: { width: 360, height: 740 } });
    await row(page, 'odd-0').waitFor();
    expect(await row(page, 'odd-0').textContent()).toContain(markup);
    expect(await isTooWide(page)).toBe(false);
    for (const index of names.keys()) {
      await page.goto(podUrl(`odd-${String(index)}`));
      await page.locator('.chapter').waitFor();
      expect(await isTooWide(page)).toBe(false);
    }
    await page.goto(collectionUrl(failed));
    await page.locator('.outcome', { hasText: '<img src=x onerror=alert(1)></script><b>' }).waitFor();
    await page.goto(`${service.url}/recordings?state=failed&pod=${encodeURIComponent(markup)}`);
    await page.getByText('No recording matches').waitFor();
    expect(await page.locator('img, b, #page script').count()).toBe(0);
  });

  it('has a time line of a pod that grows, and the same in words', async () => {
    await collection('Quick', 'line-0', 'uploaded');
    await collection('Slow', 'line-0', 'collecting');
    const page = await open(podUrl('line-0'));
    await page.locator('.timeline .mark[data-kind="collecting"]').first().waitFor();
    expect(await page.locator('.chapter').count()).toBe(2);
    await page.getByRole('link', { name: '1 hour' }).click();
    await page.locator('.timeline .mark[data-kind="uploaded"]').first().waitFor();
    expect(await page.locator('.timeline .mark[data-kind="received"]').count()).toBe(2);
    await service.post(alert('Other', 'line-0'));
    await page.locator('.timeline .mark[data-kind="attached"]').first().waitFor();
  });

  it('travels through the events of a collection by keyboard, and the address says where', async () => {
    const page = await open(collectionUrl(await collection('Quick', 'back-0', 'uploaded')));
    const slider = page.getByRole('slider', { name: 'Event' });
    const event = (type: string) => page.locator('.event strong', { hasText: type }).waitFor();
    const current = page.locator('.diagrams figure').first().locator('[data-current="true"]');
    await page.getByText('Its log, event by event').click();
    await slider.focus();
    expect(await current.getAttribute('data-state')).toBe('uploaded');
    await page.keyboard.press('Home');
    await event('CollectionRequested');
    expect(await current.getAttribute('data-state')).toBe('requested');
    await page.locator('.difference', { hasText: 'collecting' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await event('JfrCollected');
    expect(await slider.getAttribute('aria-valuetext')).toBe('event 3 of 4: JfrCollected');
    expect(await current.getAttribute('data-state')).toBe('uploading');
    await page.reload();
    await event('JfrCollected');
  });

  it('asks before it acts, takes a reason, and shows what came of it', async () => {
    // Of this pod nothing is known yet.
    const page = await open(podUrl('hand-0'), { allowed: /404/ });
    await page.getByText('Nothing is on the stream of this pod').waitFor();
    await page.getByRole('button', { name: 'Record now' }).click();
    await page.getByLabel('Reason').fill('slow since 3');
    await page.getByLabel('Your name').fill('Kim');
    await page.getByLabel('Seconds').fill('1');
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.locator('.chapter', { hasText: 'Kim' }).waitFor();
    await page.goto(collectionUrl(await collection('Slow', 'hand-1', 'collecting')));
    const [cancel, redrive] = ['Cancel…', 'Redrive…'].map((name) => page.getByRole('button', { name }));
    await cancel?.click();
    await page.locator('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await cancel?.click();
    await page.getByLabel('Reason').fill('wrong pod');
    expect(await page.getByLabel('Your name').inputValue()).toBe('Kim');
    await page.keyboard.press('Enter');
    await page.locator('.head .badge[data-state="cancelled"]').waitFor();
    await redrive?.click();
    await page.getByLabel('Reason').fill('right pod');
    await page.keyboard.press('Enter');
    await page.locator('.head .badge[data-state="collecting"]').waitFor();
  });

  it('gives out the recording, and says that it is simulated', async () => {
    const id = await collection('Quick', 'file-0', 'uploaded');
    const page = await open(collectionUrl(id));
    const link = page.getByRole('link', { name: 'Download the simulated recording' });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(download.suggestedFilename()).toContain(id.slice(0, 8));
    const stream = await download.createReadStream();
    const [head] = (await stream.take(1).toArray()) as Buffer[];
    expect(head?.subarray(0, 3).toString()).toBe('FLR');
  });

  it('can be used by keyboard alone', async () => {
    await collection('Slow', 'keys-0', 'collecting');
    const page = await open(service.url);
    await active(page, 'keys-0').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('main');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.getByRole('heading', { name: 'Recordings' }).waitFor();
    expect(await focused(page)).toBe('main');
    await row(page, 'keys-0').waitFor();
    await page.keyboard.press('f');
    expect(await page.evaluate('document.activeElement.name')).toBe('state');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Recordings' }).click();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(
      await page.evaluate("document.activeElement.closest('tr') === document.querySelector('[data-row]')"),
    ).toBe(true);
    await page.keyboard.press('/');
    await page.keyboard.type('KEYS-');
    await page.getByRole('option', { name: 'keys-0' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'keys-0' }).waitFor();
    await page.locator('main:focus').waitFor();
  });

  it('has its filter within three tabs, and is read by roles and names', async () => {
    await collection('Bad', 'roles-0', 'failed');
    const page = await open(`${service.url}/recordings`);
    await row(page, 'roles-0').waitFor();
    for (const key of ['Tab', 'Tab', 'Enter', 'Tab']) await page.keyboard.press(key);
    expect(await page.evaluate('document.activeElement.name')).toBe('state');
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Recordings' }).waitFor();
    await page.getByRole('search', { name: 'Recordings' }).getByLabel('Reason').waitFor();
    await page.getByRole('table', { name: 'Recordings' }).getByRole('columnheader', { name: 'Reason of failure' }).waitFor(); // prettier-ignore
    await page.getByRole('row').filter({ hasText: 'roles-0' }).getByText('collector-exited').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Now' }).click();
    await page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem').filter({ hasText: 'failed: collector-exited' }).getByRole('button', { name: 'Redrive all…' }).waitFor(); // prettier-ignore
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  });

  it('tells alerts that led to nothing, grouped, and why', async () => {
    const { alerts, ...body } = alert('Other', '-');
    await service.post({ ...body, alerts: alerts.map((each) => ({ ...each, labels: { ...each.labels, pod: 'no name' } })) }); // prettier-ignore
    const page = await open(`${service.url}/alerts?prefix=OTHER`);
    const group = page.locator('.groups tr', { hasText: 'Other' });
    await group.getByRole('link', { name: '1 declined' }).click();
    await page.locator('.alerts tr', { hasText: 'pod must be' }).getByRole('link', { name: 'Other' }).click();
    await page.locator('.chapter[data-outcome="declined"]').waitFor();
  });

  it('has no fault of accessibility, in light and dark, fits a phone, and does not jump while it loads', async () => {
    await collection('Slow', 'fair-0', 'collecting');
    await collection('Quick', 'fair-with-a-name-that-is-much-longer-than-usual-0', 'uploaded');
    const id = await collection('Bad', 'fair-1', 'failed');
    const page = await open(service.url, { viewport: { width: 360, height: 740 } });
    for (const url of ['', '/recordings', '/alerts']
      .map((path) => service.url + path)
      .concat(podUrl('fair-0'), collectionUrl(id))) {
      // prettier-ignore
      await page.goto(url);
      await page.locator('.list td, .ended li, .chapter').first().waitFor();
      expect(await layoutShift(page), url).toBeLessThan(0.01);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await accessibilityFaults(page), `${url} ${colorScheme}`).toEqual([]);
      }
      expect(await isTooWide(page), url).toBe(false);
    }
  });
});
