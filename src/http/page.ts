import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

const folder = new URL('../web/', import.meta.url);

const contentTypes: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/**
 * Nothing but our own files may run, be shown or be asked, nobody may frame the page, and text never becomes markup: labels
 * come from outside.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

interface PageFile {
  type: string;
  etag: string;
  body: Buffer;
}

/** The web page: `/` and the files that it is made of, as they lie in src/web, read once. Any other path stays a 404. */
export function pageRoutes() {
  const files = readFiles();
  // All modules at once, not each when the one before names it. The theme is a script.
  const modules = [...files.keys()].filter((path) => path.endsWith('.js') && path !== '/theme.js');
  const preload = modules.map((path) => `<${path}>; rel=modulepreload`).join(', ');
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    for (const [path, { type, etag, body }] of files) {
      app.get(path, { schema: { hide: true }, config: { access: 'read' } }, (request, reply) => {
        void reply.headers({
          etag,
          'cache-control': 'no-cache',
          'content-security-policy': contentSecurityPolicy,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          ...(path === '/' ? { link: preload } : {}),
        });
        const isKnown = request.headers['if-none-match']?.split(/\s*,\s*/).includes(etag);
        return isKnown ? reply.code(304).send() : reply.type(type).send(body);
      });
    }
    done();
  };
}

/** The paths that the page is served under. */
export function pagePaths(): string[] {
  return [...filesOf().keys()];
}

function readFiles(): Map<string, PageFile> {
  return new Map([...filesOf()].map(([path, file]) => [path, readFile(file)]));
}

/** The files by the paths that they are served under. */
function filesOf(): Map<string, URL> {
  const names = readdirSync(folder).filter((name) => contentTypeOf(name) !== undefined);
  const own = names.map((name) => [name === 'index.html' ? '/' : `/${name}`, new URL(name, folder)] as const);
  return new Map([...own, ['/preact.js', new URL(import.meta.resolve('htm/preact/standalone'))] as const]);
}

function readFile(file: URL): PageFile {
  const body = readFileSync(fileURLToPath(file));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: contentTypeOf(file.pathname) ?? 'text/javascript; charset=utf-8', etag, body };
}

/** Undefined for what is not served: types and settings of the compiler. */
function contentTypeOf(name: string): string | undefined {
  return contentTypes[name.slice(name.lastIndexOf('.') + 1)];
}
