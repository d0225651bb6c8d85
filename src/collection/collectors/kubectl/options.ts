/** How the built-in Kubernetes collector goes about it; docs/configuration.md says what each is for. */
export interface KubectlOptions {
  /** The program. */
  kubectl: string;
  /** The kube_context of the cluster that this service runs in: no context is given to kubectl for it. */
  inCluster?: string | undefined;
  container?: string | undefined;
  /** Which JVM, where a container has several. */
  mainClass?: string | undefined;
  pid?: number | undefined;
  /** The program in the container. */
  jcmd: string;
  /** Of the pod, absolute: the first that the JVM can write to, with enough room, takes the recording. */
  directories: readonly string[];
  /** Of a recording in the pod: a longer one loses its beginning. */
  maxBytes: number;
  /** True: with environment, system properties, command line and process list. */
  includeSecrets: boolean;
  /** Of the pod, absolute: where a crashed JVM leaves files, besides its working directory and `directories`. */
  crashDirectories: readonly string[];
  /** Of the log of the container before a restart; 0: it is not taken. */
  previousLogBytes: number;
  /** Of each file that a crashed JVM left; 0: none is taken. */
  maxArtefactBytes: number;
  /** For all of that together. */
  artefactSeconds: number;
  /** Image with a JDK for an ephemeral container, where the container has no jcmd. Absent: none is ever added. */
  debugImage?: string | undefined;
  debugProfile: string;
  /** User id that it runs as. */
  debugUser?: number | undefined;
}

export const defaultOptions: KubectlOptions = {
  kubectl: 'kubectl',
  jcmd: 'jcmd',
  directories: ['/tmp'],
  maxBytes: 100 * 1024 * 1024,
  includeSecrets: false,
  crashDirectories: [],
  previousLogBytes: 1024 * 1024,
  maxArtefactBytes: 100 * 1024 * 1024,
  artefactSeconds: 30,
  debugProfile: 'general',
};
