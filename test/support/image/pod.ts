import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { context } from './build.ts';
import type { Mount } from './container.ts';

/** What deploy/kubernetes says of the container of every process. */
interface Deployment {
  spec: {
    template: {
      spec: {
        securityContext: { runAsUser: number; runAsGroup: number; fsGroup: number };
        containers: ContainerOfPod[];
        volumes: { name: string; configMap?: object; emptyDir?: object }[];
      };
    };
  };
}

interface ContainerOfPod {
  command?: string[];
  args?: string[];
  env: { name: string; value: string }[];
  securityContext: object;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

/** A pod of this machine: its volumes outlive its containers. */
export interface Pod {
  user: { uid: number; gid: number };
  env: Record<string, string>;
  mounts: Mount[];
  container: ContainerOfPod;
  /** Where a volume lies on this machine. */
  volume: (name: string) => string;
}

/** Makes the volumes as the kubelet does; the ConfigMap holds one file. */
export async function makePod(directory: string, config: string): Promise<Pod> {
  const text = await readFile(join(context, 'deploy/kubernetes/process/deployment.yaml'), 'utf8');
  const { spec } = (parse(text) as Deployment).spec.template;
  const [container] = spec.containers;
  if (!container) throw new Error('the deployment has no container');
  const { runAsUser: uid, runAsGroup: gid, fsGroup } = spec.securityContext;
  const volume = (name: string) => join(directory, 'volumes', name);
  for (const { name, emptyDir } of spec.volumes) {
    await mkdir(volume(name), { recursive: true });
    if (!emptyDir) continue;
    await chown(volume(name), 0, fsGroup);
    await chmod(volume(name), 0o2777);
  }
  await writeFile(join(volume('config'), 'alert-watcher.yaml'), config);
  return {
    user: { uid, gid },
    env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
    mounts: container.volumeMounts.map(({ name, mountPath, readOnly = false }) => ({
      ...{ source: volume(name), destination: mountPath, readOnly },
    })),
    container,
    volume,
  };
}
