import { pod } from '../events.ts';

/** A JVM in a container: a real one of this machine, or one that is played. */
export interface StandInJvm {
  pid: number;
  /** Without it the process is a real one. */
  played?: {
    mainClass: string;
    java: string;
    /** What it answers to a command of jcmd, instead of what all answer. */
    says?: Record<string, string>;
    /** False: as with -XX:-UsePerfData. */
    isListed?: boolean;
    /** What JFR.start was told. */
    recording?: string[];
  };
}

/** A container of the stand-in's pod. */
export interface StandInContainer {
  name: string;
  restartCount: number;
  containerID: string;
  startedAt: string;
  /** Why it does not run. */
  waiting?: { reason: string; message: string };
  lastTerminated?: { reason: string; exitCode: number; finishedAt: string };
  /** No other JVM is shown to what is executed in it. */
  jvms: StandInJvm[];
  /** Programs that its image lacks. */
  missing: string[];
}

/** What the stand-in for kubectl tells and does. */
export interface Cluster {
  context: string;
  namespace: string;
  /** Null: it has vanished. */
  pod: { name: string; uid: string; phase: string; containers: StandInContainer[] } | null;
  /** Pods besides that one. */
  others: NonNullable<Cluster['pod']>[];
  /** Null: it has vanished. */
  statefulSet: { name: string; replicas: number; start?: number } | null;
  /** `VERB RESOURCE`, such as `create pods/exec`. */
  forbidden: string[];
  /** The API server is away. */
  isDown: boolean;
  /** So many streams of recordings end in the middle without an error, as real ones do. */
  truncated: number;
  /** So many have one bit of another value. */
  damaged: number;
  /** KiB that are free, as df tells; else what this machine has. */
  freeKib?: number;
  /** Of the container before. */
  previousLog?: string;
  /** What an ephemeral container comes to. */
  debug: 'runs' | 'ErrImagePull';
  /** Names of those that were added. */
  ephemeral: string[];
  /** What changes once a command with this word in it has run. */
  changes: { after: string; to: Partial<Cluster> }[];
  /** The arguments of every call so far. */
  calls: string[][];
}

export const clusterOf = (more: Partial<Cluster> = {}): Cluster => ({
  context: pod.kubeContext,
  namespace: pod.namespace,
  pod: podOf(container()),
  others: [],
  statefulSet: { name: pod.sts, replicas: 1 },
  forbidden: [],
  isDown: false,
  truncated: 0,
  damaged: 0,
  debug: 'runs',
  ephemeral: [],
  changes: [],
  calls: [],
  ...more,
});

/** The pod of that number of the StatefulSet. */
export const podNumber = (number: number, ...containers: StandInContainer[]) => ({
  ...podOf(...(containers.length > 0 ? containers : [container()])),
  name: `${pod.sts}-${String(number)}`,
  uid: `uid-${String(number)}`,
});

export const podOf = (...containers: StandInContainer[]): NonNullable<Cluster['pod']> => ({
  name: pod.pod,
  uid: 'uid-1',
  phase: 'Running',
  containers,
});

export const container = (more: Partial<StandInContainer> = {}): StandInContainer => ({
  name: 'crate',
  restartCount: 0,
  containerID: 'containerd://1',
  startedAt: '2026-11-20T10:00:00Z',
  jvms: [playedJvm()],
  missing: [],
  ...more,
});

export const playedJvm = (more: Partial<NonNullable<StandInJvm['played']>> = {}, pid = 7): StandInJvm => ({
  pid,
  played: { mainClass: 'io.crate.bootstrap.CrateDB', java: '/crate/jdk/bin/java', ...more },
});

/** The same container after it ended and was started again. */
export const restarted = (more: Partial<StandInContainer> = {}): StandInContainer =>
  container({
    restartCount: 1,
    containerID: 'containerd://2',
    startedAt: '2026-11-20T19:12:03Z',
    lastTerminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-11-20T19:12:00Z' },
    ...more,
  });
