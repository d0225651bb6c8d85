import { join } from 'node:path';
import { run } from './run.ts';

/** What an image says about how it is run. */
export interface ImageConfig {
  Env: string[];
  User: string;
  WorkingDir: string;
  Entrypoint: string[];
  Cmd: string[];
  StopSignal: string;
  Volumes: Record<string, unknown>;
  Healthcheck: { Test: string[] };
}

/** Images of this test alone, in a directory that takes everything with it when it is removed. */
export interface Store {
  buildah: (...args: string[]) => Promise<string>;
  /** Where the files of an image lie on this machine. */
  mount: (image: string) => Promise<string>;
  config: (image: string) => Promise<ImageConfig>;
}

export function openStore(directory: string): Store {
  const places = ['--root', join(directory, 'images'), '--runroot', join(directory, 'run')];
  const buildah = (...args: string[]) => run(['buildah', ...places, '--storage-driver=vfs', ...args]);
  return {
    buildah,
    mount: async (image) => buildah('mount', await buildah('from', '--pull-never', image)),
    config: async (image) => {
      const { Docker } = JSON.parse(await buildah('inspect', '--type=image', image)) as {
        Docker: { config: ImageConfig };
      };
      return Docker.config;
    },
  };
}
