import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parseConfig, type Rules } from '../../src/config/file.ts';
import { readConfig, readRoles, type Role, roles } from '../../src/config/config.ts';
import { build, documents, faultsOf, invalidities, type Manifest } from '../support/kubernetes.ts';
import { secretKeys, secretsMade } from '../support/documented-secrets.ts';
import { stagesOf } from '../support/dockerfile.ts';

const folder = resolve(import.meta.dirname, '../../deploy/kubernetes');
const overlays = ['single', 'production'];
const built = new Map(overlays.map((name) => [name, build(join(folder, 'overlays', name))]));
const keda = documents(readFileSync(join(folder, 'components/keda/scaled-object.yaml'), 'utf8'));
const streams = build(join(folder, 'streams'));
const all = [...[...built.values()].flat(), ...keda, ...streams];
const ofKind = (kind: string, overlay?: string) =>
  (overlay === undefined ? all : (built.get(overlay) ?? [])).filter((each) => each.kind === kind);

interface Container {
  image: string;
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  securityContext: object;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  [probe: string]: unknown;
}
interface PodSpec {
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: object;
  containers: [Container];
  volumes: {
    name: string;
    configMap?: { name: string };
    secret?: { secretName: string; defaultMode: number };
  }[];
  topologySpreadConstraints: { labelSelector: { matchLabels: object } }[];
}
type Deployment = Manifest & {
  spec: { replicas: number; selector: { matchLabels: object }; template: { metadata: { labels: Record<string, string> }; spec: PodSpec } }; // prettier-ignore
};
const deployments = ofKind('Deployment') as Deployment[];
const podOf = ({ spec }: Deployment) => spec.template.spec;
const containerOf = (deployment: Deployment) => podOf(deployment).containers[0];
const envOf = (deployment: Deployment, name: string) =>
  containerOf(deployment).env.find((each) => each.name === name);
const permissions = readFileSync(resolve(folder, '../nats/accounts.conf'), 'utf8');
const keysMade = secretKeys(secretsMade());
const runs = (deployment: Deployment) => readRoles(envOf(deployment, 'ROLES')?.value);
/** What stands in the ConfigMap that a Deployment mounts. */
function configOf(deployment: Deployment): Rules {
  const names = podOf(deployment).volumes.flatMap(({ configMap }) => configMap?.name ?? []);
  const found = ofKind('ConfigMap').find(({ metadata }) => names.includes(metadata.name));
  const { 'alert-watcher.yaml': text = '' } = (found?.['data'] ?? {}) as Record<string, string>;
  return parseConfig(text, 'the ConfigMap');
}
const named = (deployment: Deployment) => [deployment.metadata.name, deployment] as const;

it('overlays build, and every manifest is of its kind, without an unknown field', () => {
  expect(built.get('production')?.length).toBeGreaterThan(15);
  expect(faultsOf(all)).toEqual([]);
});

it('an unknown field, a wrong type and a missing field are found', () => {
  const [first] = deployments;
  if (!first) throw new Error('there is a Deployment');
  const broken = structuredClone(first);
  Object.assign(containerOf(broken), { imagee: 'x' });
  expect(faultsOf([broken]).join()).toContain(`'"imagee"' does not exist`);
  Object.assign(broken.spec, { replicas: 'two' });
  expect(faultsOf([broken]).join()).toContain("'string' is not assignable to type 'number'");
});

it('every manifest passes the schema of its kind', async () => {
  expect((await Promise.all(all.map(invalidities))).flat()).toEqual([]);
});

it('every file is named by a kustomization, and every name is a file', () => {
  const kustomizations = globSync('**/kustomization.yaml', { cwd: folder });
  const used = kustomizations.flatMap((path) => {
    const {
      resources = [],
      components = [],
      patches = [],
      configMapGenerator = [],
    } = parse(readFileSync(join(folder, path), 'utf8')) as {
      resources?: string[];
      components?: string[];
      patches?: { path: string }[];
      configMapGenerator?: { files: string[] }[];
    };
    const files = [...resources, ...components, ...patches.map((each) => each.path), ...configMapGenerator.flatMap((each) => each.files)]; // prettier-ignore
    return files.map((file) => join(dirname(path), file));
  });
  expect(used.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  const files = globSync('**/*.yaml', { cwd: folder }).filter((path) => !path.endsWith('kustomization.yaml'));
  expect(files.filter((path) => !used.includes(path))).toEqual([]);
});

describe.each(deployments.map(named))('Deployment %s', (_, deployment) => {
  it('keeps to the Pod Security Standard "restricted", on a read-only root file system', () => {
    const pod = podOf(deployment);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containerOf(deployment).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(field);
    const kinds = pod.volumes.flatMap((volume) => Object.keys(volume)).filter((key) => key !== 'name');
    expect(kinds.filter((kind) => !['configMap', 'emptyDir', 'secret'].includes(kind))).toEqual([]);
  });

  it('runs as the user of the image, which owns what is mounted where the image writes', () => {
    const text = readFileSync(resolve(folder, '../Dockerfile'), 'utf8');
    const user = stagesOf(text).get('service')?.steps.find(({ keyword }) => keyword === 'USER')?.argument; // prettier-ignore
    expect(podOf(deployment).securityContext).toMatchObject({ fsGroup: 1000 });
    expect(user).toBe('1000:1000');
    expect(containerOf(deployment).volumeMounts.map(({ mountPath }) => mountPath)).toContain('/data');
  });

  it('has more time to end than an orderly end takes', () => {
    const grace = Number(envOf(deployment, 'SHUTDOWN_GRACE_SECONDS')?.value ?? readConfig({}).shutdownGraceSeconds); // prettier-ignore
    const [sleep, requests, drain] = [5, 8, 5];
    expect(containerOf(deployment)['lifecycle']).toEqual({ preStop: { sleep: { seconds: sleep } } });
    expect(podOf(deployment).terminationGracePeriodSeconds).toBeGreaterThan(sleep + grace + requests + drain);
  });

  it('asks /health whether it lives and /ready whether it can work', () => {
    const container = containerOf(deployment);
    const get = (path: string) => ({ httpGet: { path, port: 'http' } });
    expect(container['livenessProbe']).toMatchObject(get('/health'));
    expect(container['startupProbe']).toMatchObject(get('/health'));
    expect(container['readinessProbe']).toMatchObject(get('/ready'));
  });

  it('has a token for Kubernetes only where it runs collectors', () => {
    const collects = runs(deployment).includes('collect');
    expect(podOf(deployment).automountServiceAccountToken).toBe(collects);
    expect(podOf(deployment).serviceAccountName).toBe(collects ? 'alert-watcher-workers' : 'alert-watcher');
    expect(deployment.spec.template.metadata.labels['alert-watcher/workers']).toBe(
      collects ? 'true' : undefined,
    );
  });

  it('uses NATS as the user of its roles, and never the embedded server', () => {
    const user = { ingest: 'ingest', 'intake,collect,upload': 'workers', api: 'api' }[runs(deployment).join()] ?? 'all'; // prettier-ignore
    const secretKeyRef = { name: 'alert-watcher-nats', key: user };
    expect(envOf(deployment, 'NATS_URL')?.valueFrom?.secretKeyRef).toEqual(secretKeyRef);
    expect(envOf(deployment, 'NATS_INBOX_PREFIX')?.value).toBe(`_INBOX_${user}`);
    expect(permissions).toContain(`user: ${user}, password: $${user.toUpperCase()}_PASSWORD`);
    expect(permissions).toContain(`subscribe: ["_INBOX_${user}.>"`);
    // What takes requests from outside is in the account of the edge.
    const isOutside = runs(deployment).every((role) => role === 'ingest' || role === 'api');
    expect(envOf(deployment, 'EDGE')?.value).toBe(isOutside ? 'true' : undefined);
    expect(envOf(deployment, 'STREAM_REPLICAS')).toBeUndefined();
  });

  it('holds the secrets of what it serves and no others, readable by its group only', () => {
    const { sources, access } = configOf(deployment);
    const has = (role: Role) => runs(deployment).includes(role);
    const files = [
      ...(has('ingest') ? sources.map(({ auth }) => auth?.bearerFile) : []),
      ...(has('api') ? [access.readTokenFile, access.actTokenFile] : []),
    ];
    const secrets = podOf(deployment).volumes.flatMap(({ name, secret }) => (secret ? [{ name, ...secret }] : [])); // prettier-ignore
    const mounted = secrets.flatMap(({ name, secretName, defaultMode }) => {
      const mount = containerOf(deployment).volumeMounts.find((each) => each.name === name);
      expect(mount?.readOnly).toBe(true);
      expect(defaultMode).toBe(0o440);
      return [...(keysMade.get(`alert-watcher/${secretName}`) ?? [])].map((key) => `${mount?.mountPath ?? ''}/${key}`); // prettier-ignore
    });
    expect(mounted.sort()).toEqual(files.sort());
  });

  it('refers to Secrets and keys only that docs/deployment.md makes', () => {
    for (const { valueFrom } of containerOf(deployment).env) {
      const { name, key } = valueFrom?.secretKeyRef ?? {};
      if (name !== undefined) expect(keysMade.get(`alert-watcher/${name}`)).toContain(key);
    }
  });

  it('has a readable configuration', () => {
    expect(configOf(deployment).collections.length).toBeGreaterThan(0);
  });

  it('sets nothing that the configuration does not know', () => {
    const known = readFileSync(resolve(folder, '../../docs/configuration.md'), 'utf8');
    for (const { name } of containerOf(deployment).env) expect(known).toContain(`\`${name}\``);
  });

  it('spreads over nodes and zones by its own labels, and has a budget for disruptions', () => {
    const { matchLabels } = deployment.spec.selector;
    const { labels } = deployment.spec.template.metadata;
    expect(labels).toMatchObject(matchLabels);
    for (const { labelSelector } of podOf(deployment).topologySpreadConstraints)
      expect(labelSelector.matchLabels).toEqual(matchLabels);
    const budgets = ofKind('PodDisruptionBudget').filter(
      ({ metadata }) => metadata.name === deployment.metadata.name,
    );
    expect(budgets[0]?.['spec']).toMatchObject({ maxUnavailable: 1, selector: { matchLabels } });
  });
});

it.each(overlays)('%s runs every part', (overlay) => {
  const run = (ofKind('Deployment', overlay) as Deployment[]).flatMap(runs);
  expect(new Set(run)).toEqual(new Set(roles));
});

it('production has two of each at least, apart', () => {
  const production = ofKind('Deployment', 'production') as Deployment[];
  expect(production.map(({ metadata }) => metadata.name).sort()).toEqual(
    ['api', 'ingest', 'workers'].map((part) => `alert-watcher-${part}`),
  );
  for (const { spec } of production) expect(spec.replicas).toBeGreaterThanOrEqual(2);
});

it.each(overlays)('%s lets nothing in or out but what is named, and Services find pods', (overlay) => {
  const policies = ofKind('NetworkPolicy', overlay);
  expect(policies.find(({ metadata }) => metadata.name === 'default-deny')?.['spec']).toEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  });
  const pods = (ofKind('Deployment', overlay) as Deployment[]).map(
    ({ spec }) => spec.template.metadata.labels,
  );
  const isFound = (wanted: Record<string, string>) =>
    pods.some((labels) => Object.entries(wanted).every(([name, value]) => labels[name] === value));
  for (const { spec } of ofKind('Service', overlay)) expect(isFound((spec as { selector: Record<string, string> }).selector)).toBe(true); // prettier-ignore
  for (const { spec } of policies) expect(isFound((spec as { podSelector: { matchLabels?: Record<string, string> } }).podSelector.matchLabels ?? {})).toBe(true); // prettier-ignore
});

it('a collector may look at pods and their logs and go into them, and nothing else', () => {
  const [role] = ofKind('ClusterRole', 'production');
  expect(role?.['rules']).toEqual([
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['get'] },
  ]);
});

it('KEDA scales a Deployment that there is, by consumers that there are', () => {
  const { scaleTargetRef, triggers } = keda[0]?.['spec'] as {
    scaleTargetRef: { name: string };
    triggers: { metadata: { stream: string; consumer: string } }[];
  };
  expect(ofKind('Deployment', 'production').map(({ metadata }) => metadata.name)).toContain(
    scaleTargetRef.name,
  );
  for (const { metadata } of triggers) {
    const file = new URL(`../../streams/consumers/${metadata.consumer}.json`, import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ durable_name: metadata.consumer });
    expect(metadata.stream).toBe('ALERT_WATCHER');
  }
});

// After a change of the rules: npx vitest run test/deploy/kubernetes.test.ts -u
it('the PrometheusRule holds the alerts of deploy/prometheus', async () => {
  const rules = parse(
    readFileSync(resolve(folder, '../prometheus/alert-watcher.rules.yaml'), 'utf8'),
  ) as object;
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'alert-watcher',
      labels: { 'app.kubernetes.io/name': 'alert-watcher', release: 'kube-prometheus-stack' },
    },
    spec: rules,
  };
  const text = `# Made of deploy/prometheus/alert-watcher.rules.yaml by test/deploy/kubernetes.test.ts: change it there.\n${stringify(rule, { lineWidth: 0 })}`;
  await expect(text).toMatchFileSnapshot(join(folder, 'components/monitoring/prometheus-rule.yaml'));
});
