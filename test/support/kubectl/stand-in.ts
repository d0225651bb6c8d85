// A stand-in for kubectl, for tests: it knows the few commands that the collector uses, one StatefulSet and its pods. What is executed in a
// container is executed on this machine, with the files of this machine: jcmd too, where the JVM is a real one. Its texts are
// those of kubectl 1.32 and of the API server, containerd and runc behind it. It is not a cluster, and was compared with none.
import type { Cluster } from './cluster.ts';
import { execInContainer, type Outcome } from './exec.ts';

/** Does what the arguments say, and changes the cluster as they do. */
export function answer(cluster: Cluster, argv: string[]): Outcome {
  cluster.calls.push(argv);
  const other = cluster.others.find(({ name }) => argv.includes(name));
  const isOneOf = argv.includes('pods') || argv.includes('statefulset');
  const outcome = obey(other && !isOneOf ? { ...cluster, pod: other } : cluster, argv);
  const change = cluster.changes.find(({ after }) => argv.includes(after));
  Object.assign(cluster, change?.to);
  return outcome;
}

function obey(cluster: Cluster, argv: string[]): Outcome {
  const split = argv.indexOf('--');
  const own = split < 0 ? argv : argv.slice(0, split);
  const option = (name: string) =>
    own.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
  const [verb = '', ...words] = own.filter((each) => !each.startsWith('--'));
  const { context, namespace, pod } = cluster;
  if (verb === 'config') return { exitCode: 0, stdout: `${context}\n` };
  if (option('context') !== context) return fail(`error: context "${option('context')}" does not exist`);
  if (cluster.isDown) return fail(unreachable);
  if (own.includes('--raw')) return { exitCode: 0, stdout: 'ok' };
  const name = words.at(-1) ?? '';
  const needs = words[0] === 'statefulset' ? 'get statefulsets' : verbs[verb];
  if (needs && cluster.forbidden.includes(needs)) return fail(forbidden(name, needs, namespace));
  if (words[0] === 'statefulset') return statefulSetJson(cluster, name);
  if (words[0] === 'pods') return podList(cluster, words.slice(1));
  if (pod?.name !== name || option('namespace') !== namespace)
    return fail(`Error from server (NotFound): pods "${name}" not found`);
  if (verb === 'get') return { exitCode: 0, stdout: JSON.stringify(podJson(cluster)) };
  if (verb === 'exec') return execInContainer(cluster, option('container'), argv.slice(split + 1));
  if (verb === 'logs') return logs(cluster, option('container'));
  if (verb !== 'debug') return fail(`error: unknown command "${verb}" for "kubectl"`);
  cluster.ephemeral.push(option('container'));
  return { exitCode: 0 };
}

/** What a role must allow. */
const verbs: Record<string, string> = {
  get: 'get pods',
  exec: 'create pods/exec',
  logs: 'get pods/log',
  debug: 'patch pods/ephemeralcontainers',
};

function logs({ pod, previousLog }: Cluster, container: string): Outcome {
  if (previousLog !== undefined) return { exitCode: 0, stdout: previousLog };
  return fail(`Error from server (BadRequest): previous terminated container "${container}" in pod "${pod?.name ?? ''}" not found`); // prettier-ignore
}

function statefulSetJson({ statefulSet, namespace }: Cluster, name: string): Outcome {
  if (statefulSet?.name !== name)
    return fail(`Error from server (NotFound): statefulsets.apps "${name}" not found`);
  const { replicas, start } = statefulSet;
  const spec = { replicas, serviceName: name, ...(start === undefined ? {} : { ordinals: { start } }) };
  const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name, namespace }, spec };
  return { exitCode: 0, stdout: JSON.stringify(object) };
}

/** As `kubectl get pods NAME… --ignore-not-found` prints them: of one name that is there the pod, of none nothing. */
function podList(cluster: Cluster, names: string[]): Outcome {
  const all = [...(cluster.pod ? [cluster.pod] : []), ...cluster.others];
  const found = names.flatMap((name) => all.filter((each) => each.name === name));
  const items = found.map((each) => podJson({ ...cluster, pod: each }));
  if (items.length === 0) return { exitCode: 0 };
  const list = { apiVersion: 'v1', kind: 'List', items, metadata: { resourceVersion: '' } };
  return { exitCode: 0, stdout: JSON.stringify(names.length === 1 ? items[0] : list) };
}

function podJson({ pod, namespace, ephemeral, debug }: Cluster) {
  const isUp = { running: { startedAt: '2026-11-20T19:11:00Z' } };
  const waits = { waiting: { reason: debug, message: 'pull access denied' } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod?.name, namespace, uid: pod?.uid },
    spec: {
      containers: pod?.containers.map(({ name }) => ({ name, image: 'crate:5.10' })),
      securityContext: { runAsUser: 1000 },
    },
    status: {
      phase: pod?.phase,
      containerStatuses: pod?.containers.map((each) => ({
        name: each.name,
        restartCount: each.restartCount,
        containerID: each.containerID,
        state: each.waiting ? { waiting: each.waiting } : { running: { startedAt: each.startedAt } },
        lastState: each.lastTerminated ? { terminated: each.lastTerminated } : {},
      })),
      ephemeralContainerStatuses: ephemeral.map((name) => ({ name, state: debug === 'runs' ? isUp : waits })),
    },
  };
}

function forbidden(name: string, needs: string, namespace: string): string {
  const [verb = '', resource = ''] = needs.split(' ');
  const user = 'system:serviceaccount:monitoring:alert-watcher';
  const group = resource === 'statefulsets' ? 'apps' : '';
  return `Error from server (Forbidden): pods "${name}" is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${namespace}"`;
}

const unreachable = [
  'E1121 15:01:55.411525    3965 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list"',
  'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
].join('\n');

function fail(text: string): Outcome {
  return { exitCode: 1, stderr: `${text}\n` };
}
