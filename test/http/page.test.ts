import { describe, expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';

const nats = useNats();
const start = useServices();

describe('the files of the page', () => {
  it('come with headers that let nothing else run, and are asked for again by their ETag', async () => {
    const { url } = await start(nats.freshUrl());
    const paths = ['/', '/recordings?state=failed', '/pods/eu%2Fwest/shop/a-0', '/page/main.js', '/page/preact.js', '/page/style/style.css', '/page/icon.svg']; // prettier-ignore
    for (const path of paths) {
      const response = await fetch(url + path);
      expect(response.status, path).toBe(200);
      const { headers } = response;
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/);
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|data:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-cache');
      const again = await fetch(url + path, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
    expect((await fetch(url)).headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it('are those and no others', async () => {
    const { url } = await start(nats.freshUrl());
    for (const path of [
      '/main.js',
      '/page/data/types.ts',
      '/page/tsconfig.json',
      '/page/..%2f..%2fapp.ts',
      '/page/%2e%2e/%2e%2e/app.ts',
      '/page/index.html',
    ])
      expect((await fetch(url + path)).status, path).toBe(404);
  });

  it('send addresses of earlier versions on to those of today', async () => {
    const { url } = await start(nats.freshUrl());
    const moved = await fetch(`${url}/?of=eu/west/shop/a-0&span=6h`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/pods/eu%2Fwest/shop/a-0?span=6h']);
    const hostile = await fetch(`${url}/?collection=//evil.example/%0d%0aX:1`, { redirect: 'manual' });
    expect(hostile.headers.get('location')).toBe('/recordings/%2F%2Fevil.example%2F%0D%0AX%3A1');
  });

  it('are not there where the API is not', async () => {
    const { url } = await start(nats.freshUrl(), { roles: ['ingest'] });
    expect((await fetch(url)).status).toBe(404);
  });
});
