import { freePort } from '../process.ts';
import type { Item } from '../service.ts';
import { until } from '../until.ts';
import { type Container, startContainer } from './container.ts';
import { jdkPath } from './jdk.ts';
import type { Mount } from './container.ts';
import type { Pod } from './pod.ts';
import type { ImageConfig } from './store.ts';

/** A container with the service in it, and what a test asks of it. */
export interface ServiceContainer extends Container {
  url: string;
  /** From the start of the container to the first 200 of /ready. */
  readyAfterMs: number;
  /** Posts a webhook; the answer. */
  post: (body: string) => Promise<object>;
  get: (path: string) => Promise<Item>;
  /** Waits until an alert's collection satisfies a test; its story. */
  story: (what: string, alertname: string, test: (story: Item) => boolean) => Promise<Item>;
}

interface Options {
  rootfs: string;
  image: ImageConfig;
  pod: Pod;
  jdk: Mount;
}

/** Starts a container of a pod, with ports of its own as the network is this machine's, and waits until it is ready. */
export async function startService(
  directory: string,
  { rootfs, image, pod, jdk }: Options,
): Promise<ServiceContainer> {
  const began = performance.now();
  const port = String(await freePort());
  const url = `http://localhost:${port}`;
  const env = { ...pod.env, PORT: port, NATS_EMBEDDED_PORT: String(await freePort()), PATH: jdkPath };
  const { user } = pod;
  const container = await startContainer(directory, { rootfs, image, user, env, mounts: [...pod.mounts, jdk] }); // prettier-ignore
  await until('the service to be ready', async () => {
    if (!container.isRunning()) throw new Error(`the container ended:\n${container.lines().join('\n')}`);
    return fetch(`${url}/ready`).then(({ ok }) => ok, () => false); // prettier-ignore
  });
  const readyAfterMs = performance.now() - began;
  const get = async (path: string) => (await fetch(url + path)).json() as Promise<Item>;
  return {
    ...container,
    url,
    readyAfterMs,
    get,
    post: async (body) =>
      (await (await fetch(`${url}/webhook/alertmanager`, { method: 'POST', body })).json()) as object,
    story: (what, alertname, test) =>
      until(
        `the collection of ${alertname}: ${what}`,
        async () => {
          const { items } = await get('/api/v1/collections');
          const found = items.find((item) => item.alertname === alertname);
          const story = found && (await get(`/api/v1/collections/${found.id}`));
          return story && test(story) && story;
        },
        90_000,
      ),
  };
}
