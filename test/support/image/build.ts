import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run } from './run.ts';
import type { Store } from './store.ts';

export const context = resolve(import.meta.dirname, '../../..');

/**
 * Builds deploy/Dockerfile as it is, as `docker build -f deploy/Dockerfile -t NAME .` does. How npm reaches its registry from this
 * machine is mounted during the build and no part of the image.
 */
export async function buildImage(store: Store, directory: string, name: string): Promise<void> {
  const volumes = await npmVolumes(directory);
  const options = [...imageOptions, ...volumes.map((volume) => `--volume=${volume}`)];
  await store.buildah('bud', ...options, `--file=${join(context, 'deploy/Dockerfile')}`, `--tag=${name}`, context); // prettier-ignore
}

/** Builds from the text of a Dockerfile. */
export async function buildFrom(
  store: Store,
  dockerfile: string,
  files: string,
  name: string,
): Promise<void> {
  await writeFile(join(files, 'Dockerfile'), dockerfile);
  await store.buildah('bud', ...imageOptions, `--tag=${name}`, files);
}

/** The health check is no part of an image in OCI's format. */
const imageOptions = ['--isolation=chroot', '--pull-never', '--format=docker', '--layers=false'];

/** What npm is told on this machine about its registry: by its files, by variables, or by both. */
async function npmVolumes(directory: string): Promise<string[]> {
  const config = JSON.parse(await run(['npm', 'config', 'list', '--json'])) as Record<string, unknown>;
  const names = ['registry', 'proxy', 'https-proxy', 'strict-ssl'];
  const settings = names.flatMap((name) => {
    const value = config[name];
    return (typeof value === 'string' && value !== '') || typeof value === 'boolean'
      ? [`${name}=${String(value)}`]
      : [];
  });
  const certificates = config['cafile'] ?? process.env['NODE_EXTRA_CA_CERTS'];
  if (typeof certificates === 'string') settings.push(`cafile=${certificatesInside}`);
  const file = join(directory, 'npmrc');
  await writeFile(file, [...settings, ...(await ofRegistries(config['userconfig']))].join('\n'), {
    mode: 0o600,
  });
  return [
    `${file}:/root/.npmrc:ro`,
    ...(typeof certificates === 'string' ? [`${certificates}:${certificatesInside}:ro`] : []),
  ];
}

const certificatesInside = '/etc/ssl/certs/npm.crt';

/** Lines of the user's file for one registry or scope: npm shows no tokens. */
async function ofRegistries(userconfig: unknown): Promise<string[]> {
  const text = typeof userconfig === 'string' ? await readFile(userconfig, 'utf8').catch(() => '') : '';
  return text.split('\n').filter((line) => /^(?:\/\/|@)/.test(line));
}
