import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

// As Debian installs it.
const chromiumPath = '/usr/bin/chromium';

/** A page of a real Chromium that no other test has used. */
export type OpenPage = (url: string, options?: OpenOptions) => Promise<Page>;

export interface OpenOptions extends BrowserContextOptions {
  /** Complaints of the browser that are expected. */
  allowed?: RegExp;
}

/** Starts Debian's Chromium before the tests of this file. A test fails on any complaint of the browser that it did not allow. */
export function useBrowser(isThere: boolean): OpenPage {
  let browser: Browser | undefined;
  let complaints: string[] = [];
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    if (!isThere) return;
    const isRoot = process.getuid?.() === 0;
    // Chromium refuses to run as root with its sandbox, and only trusted pages are shown here.
    browser = await chromium.launch({ executablePath: chromiumPath, args: isRoot ? ['--no-sandbox'] : [] });
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    const found = complaints;
    complaints = [];
    expect(found).toEqual([]);
  });
  afterAll(() => browser?.close());

  return async (url, { allowed, ...options } = {}) => {
    if (!browser) throw new Error('there is no browser');
    const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
    closers.push(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complain = (text: string) => {
      if (!allowed?.test(text)) complaints.push(text);
    };
    page.on('pageerror', (error) => complain(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complain(message.text());
    });
    page.on('dialog', (dialog) => {
      complain(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(url);
    return page;
  };
}

/** Every fault of accessibility that axe finds in the page as it is now: rule and element. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axeSource());
  return page.evaluate(`axe.run(document).then(({ violations }) => violations
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`);
}

/** How much has jumped since the page was loaded (Cumulative Layout Shift); below 0.1 is called good. */
export async function layoutShift(page: Page): Promise<number> {
  return page.evaluate(`new Promise((resolve) => new PerformanceObserver((list, observer) => {
    observer.disconnect();
    resolve(list.getEntries().reduce((sum, { value, hadRecentInput }) => sum + (hadRecentInput ? 0 : value), 0));
  }).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(() => resolve(0), 200))`);
}

function axeSource(): string {
  return readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
}
