import { copyFile, cp, mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { run } from './run.ts';
import type { Store } from './store.ts';

/** What the Dockerfile begins with. */
export const baseName = 'docker.io/library/node:26-slim';

/**
 * Makes a stand-in for node:26-slim, because no registry of images can be reached from everywhere: Debian as this machine has it,
 * node of the npm package, and npm and the user `node` where the official image has them. How packages are reached from
 * here, apt is told as this machine's is.
 */
export async function makeBase(store: Store): Promise<void> {
  const container = await store.buildah('from', 'scratch');
  const root = await store.buildah('mount', container);
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? '';
  const options = ['--variant=minbase', '--include=libatomic1'];
  await run(['debootstrap', ...options, codename, root, await mirrorOf(codename)], {
    env: { ...process.env, ...(await aptProxy()) },
  });
  await makeSlim(root);
  await addNode(root);
  await store.buildah(
    'config',
    '--env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    container,
  );
  await store.buildah('commit', '--quiet', '--disable-compression', '--rm', container, baseName);
}

/** The mirror that apt on this machine takes its suite from. */
async function mirrorOf(codename: string): Promise<string> {
  const format = '$(REPO_URI) $(RELEASE) $(CODENAME)';
  const targets = await run(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages', 'Component: main']); // prettier-ignore
  const found = targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, ...names]) => names.includes(codename));
  if (!found?.[0]) throw new Error(`apt is configured with no mirror of ${codename}:\n${targets}`);
  return found[0];
}

/** debootstrap reads no configuration of apt. */
async function aptProxy(): Promise<NodeJS.ProcessEnv> {
  const proxy = await run(['apt-config', 'shell', 'proxy', 'Acquire::http::Proxy']);
  const url = /^proxy='(.+)'$/.exec(proxy)?.[1];
  return url === undefined ? {} : { http_proxy: url, https_proxy: url };
}

/** As the official image: no documents, and apt keeps nothing. */
async function makeSlim(root: string): Promise<void> {
  for (const path of [
    'usr/share/doc',
    'usr/share/man',
    'usr/share/locale',
    'var/lib/apt/lists',
    'var/cache/apt/archives',
  ]) {
    await rm(join(root, path), { recursive: true });
    await mkdir(join(root, path));
  }
  const clean = 'rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin';
  const conf = `DPkg::Post-Invoke { "${clean}"; };
APT::Update::Post-Invoke { "${clean}"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
`;
  const acquire = await run(['apt-config', 'dump', 'Acquire']);
  await writeFile(join(root, 'etc/apt/apt.conf.d/90stand-in'), `${conf}${acquire}\n`);
}

async function addNode(root: string): Promise<void> {
  const local = join(root, 'usr/local');
  // What runs these tests is the npm package `node`.
  await copyFile(process.execPath, join(local, 'bin/node'));
  const npm = resolve(dirname(await realpath(await run(['which', 'npm']))), '..');
  await cp(npm, join(local, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  await run(['chroot', root, 'groupadd', '--gid=1000', 'node']);
  await run(['chroot', root, 'useradd', '--uid=1000', '--gid=node', '--shell=/bin/bash', '--create-home', 'node']); // prettier-ignore
  // What a build mounts lies over these, and leaves no file in the image.
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  for (const path of mountPoints) await writeFile(join(root, path), '');
}

const mountPoints = ['root/.npmrc', 'etc/ssl/certs/npm.crt'];
