import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { movedTo, places } from '../web/frame/places.js';

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

/** Everything but the document itself lies under one path, so that no view and no source can be in its way. */
const filesPath = '/page/';

/** The web page: one document at the address of every view, and the files that it is made of, as they lie in src/web, read once. */
export function pageRoutes() {
  const files = new Map([...filesOf()].map(([path, file]) => [path, readFile(file)]));
  const page = readFile(new URL('index.html', folder));
  // All modules at once, not each when the one before names it. The theme is a script.
  const modules = [...files.keys()].filter((path) => path.endsWith('.js') && !path.endsWith('/theme.js'));
  const link = modules.map((path) => `<${path}>; rel=modulepreload`).join(', ');
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const serve = (path: string, file: PageFile, more: Record<string, string> = {}) => {
      app.get(path, { schema: { hide: true }, config: { access: 'read' } }, (request, reply) => {
        const moved = movedFrom(request.url);
        if (moved !== undefined) return reply.redirect(moved, 302);
        void reply.headers({
          etag: file.etag,
          'cache-control': 'no-cache',
          'content-security-policy': contentSecurityPolicy,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          ...more,
        });
        const isKnown = request.headers['if-none-match']?.split(/\s*,\s*/).includes(file.etag);
        return isKnown ? reply.code(304).send() : reply.type(file.type).send(file.body);
      });
    };
    for (const path of new Set(places.map(routeOf))) serve(path, page, { link });
    for (const [path, file] of files) serve(path, file);
    done();
  };
}

/** True for a path of one of the page's files. */
export function isPageFile(path: string): boolean {
  return path.startsWith(filesPath);
}

/** A pod's place has parts that may be longer than the router lets a parameter be. */
function routeOf({ path }: { path: string }): string {
  const [first = path, second] = path.split('/:');
  return second === undefined ? path : `${first}/*`;
}

/** Where an address of an earlier version leads now. */
function movedFrom(url: string): string | undefined {
  if (!url.startsWith('/?')) return undefined;
  return movedTo({ pathname: '/', search: url.slice(1) });
}

/** The files by the paths that they are served under. */
function filesOf(): Map<string, URL> {
  const names = globSync('**/*.{js,css,svg}', { cwd: fileURLToPath(folder) });
  const own = names.map((name) => [filesPath + name, new URL(name, folder)] as const);
  const preact = new URL(import.meta.resolve('htm/preact/standalone'));
  return new Map([...own, [`${filesPath}preact.js`, preact] as const]);
}

function readFile(file: URL): PageFile {
  const body = readFileSync(fileURLToPath(file));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: contentTypeOf(file.pathname) ?? 'text/javascript; charset=utf-8', etag, body };
}

function contentTypeOf(name: string): string | undefined {
  return contentTypes[name.slice(name.lastIndexOf('.') + 1)];
}
