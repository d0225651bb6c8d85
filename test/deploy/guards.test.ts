import { program } from 'commander';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import '../../src/commands/program.ts';
import { parseConfig } from '../../src/config/file.ts';
import { secretKeys, secretsMade } from '../support/documented-secrets.ts';
import { build } from '../support/kubernetes.ts';

const folder = resolve(import.meta.dirname, '../../deploy');
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const keysMade = secretKeys(secretsMade());

it('docs/deployment.md makes a Secret only of files, each of another secret', () => {
  const values = [...secretsMade().values()].flatMap((secret) => Object.values(secret));
  expect(values.length).toBeGreaterThan(20);
  const [tokens, others] = [values.filter((value) => value.endsWith('\n')), values.filter((value) => !value.endsWith('\n'))]; // prettier-ignore
  expect(new Set(others).size).toBe(others.length);
  // That of the webhook is in two namespaces.
  expect(new Set(tokens).size).toBe(tokens.length - 1);
  for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{64}\n$/);
});

it('the configuration of the manifests lets nobody send, read or act without a token, and records by kubectl', () => {
  const { sources, access, collections, collectors } = parseConfig(read('kubernetes/base/alert-watcher.yaml'), 'it'); // prettier-ignore
  expect(sources.map(({ path }) => path)).toEqual(['/webhook/alertmanager']);
  for (const { auth } of sources) expect(auth?.bearerFile).toBeDefined();
  expect([access.readTokenFile, access.actTokenFile]).not.toContain(undefined);
  for (const { plan } of collections) expect(collectors[plan.collector]).toMatchObject({ driver: 'kubectl' });
});

it('Alertmanager finds the token where the Prometheus Operator mounts its Secret', () => {
  interface Receiver {
    webhook_configs?: { http_config: { authorization: { credentials_file: string } } }[];
  }
  const { receivers } = parse(read('alertmanager/alertmanager.yaml')) as { receivers: Receiver[] };
  const files = receivers.flatMap(({ webhook_configs = [] }) =>
    webhook_configs.map(({ http_config }) => http_config.authorization.credentials_file),
  );
  const keys = keysMade.get('monitoring/alert-watcher-source') ?? [];
  expect(files).toEqual(keys.map((key) => `/etc/alertmanager/secrets/alert-watcher-source/${key}`));
  expect(keys).toEqual(keysMade.get('alert-watcher/alert-watcher-source'));
});

interface JobSpec {
  template: {
    metadata: { labels: Record<string, string> };
    spec: {
      securityContext: object;
      containers: { args: string[]; env: { name: string; valueFrom?: object; value?: string }[]; securityContext: object }[]; // prettier-ignore
    };
  };
}

it('the Job that makes the streams is admin, may do nothing to its node, and runs a command that there is', () => {
  const [job, ...others] = build(join(folder, 'kubernetes/streams'));
  expect(others).toEqual([]);
  const { template } = job?.['spec'] as JobSpec;
  expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }); // prettier-ignore
  const [container] = template.spec.containers;
  expect(container?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const url = { secretKeyRef: { name: 'alert-watcher-nats', key: 'admin' } };
  expect(container?.env[0]).toEqual({ name: 'NATS_URL', valueFrom: url });
  expect(keysMade.get('alert-watcher/alert-watcher-nats')).toContain('admin');
  const [own, command, subcommand] = container?.args ?? [];
  expect(own).toBe('alert-watcher');
  const found = program.commands.find((each) => each.name() === command);
  expect(found?.commands.map((each) => each.name())).toContain(subcommand);
});

it('the Job reaches NATS, and no budget for disruptions takes it for a process', () => {
  const [job] = build(join(folder, 'kubernetes/streams'));
  const { labels } = (job?.['spec'] as JobSpec).template.metadata;
  interface Selectors {
    podSelector: { matchExpressions?: { key: string; values: string[] }[] };
    selector: { matchLabels: Record<string, string> };
  }
  for (const overlay of ['single', 'production']) {
    const manifests = build(join(folder, 'kubernetes/overlays', overlay));
    const specOf = (kind: string) => manifests.filter((each) => each.kind === kind).map((each) => [each.metadata.name, each['spec'] as Selectors] as const); // prettier-ignore
    const [, policy] = specOf('NetworkPolicy').find(([name]) => name === 'all-to-nats-and-dns') ?? [];
    const [{ key, values } = { key: '', values: [] }] = policy?.podSelector.matchExpressions ?? [];
    expect(values).toContain(labels[key]);
    const budgets = specOf('PodDisruptionBudget');
    expect(budgets.length).toBeGreaterThan(0);
    for (const [, { selector }] of budgets) expect(labels).not.toMatchObject(selector.matchLabels);
  }
});
