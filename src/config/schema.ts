import { type Static, Type } from '@sinclair/typebox';
import { Backoff, Destination } from '../events/data/plan.ts';
import { Access, Source, Tls } from '../http/guard/options.ts';

/** The environment or the configuration file is wrong; the message says what, where, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const closed = { additionalProperties: false };
const positive = Type.Number({ exclusiveMinimum: 0 });

/** Names of variables. */
const env = Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' })));
const CommandCollector = Type.Object(
  { command: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }), env },
  closed,
);
const JcmdCollector = Type.Object(
  {
    driver: Type.Literal('jcmd'),
    env,
    mainClass: Type.Optional(Type.String({ minLength: 1 })),
    pid: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);
/** Without white space: the JVM splits what jcmd tells it. */
const podPath = Type.String({ pattern: '^/[A-Za-z0-9._/-]*$' });
const KubectlCollector = Type.Object(
  {
    driver: Type.Literal('kubectl'),
    env,
    kubectl: Type.Optional(Type.String({ minLength: 1 })),
    inCluster: Type.Optional(Type.String({ minLength: 1 })),
    container: Type.Optional(Type.String({ minLength: 1 })),
    mainClass: Type.Optional(Type.String({ minLength: 1 })),
    pid: Type.Optional(Type.Integer({ minimum: 1 })),
    jcmd: Type.Optional(Type.String({ minLength: 1 })),
    directories: Type.Optional(Type.Array(podPath, { minItems: 1 })),
    maxBytes: Type.Optional(Type.Integer({ minimum: 1_048_576 })),
    includeSecrets: Type.Optional(Type.Boolean()),
    crashDirectories: Type.Optional(Type.Array(podPath)),
    previousLogBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    maxArtefactBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    artefactSeconds: Type.Optional(positive),
    debugImage: Type.Optional(Type.String({ minLength: 1 })),
    debugProfile: Type.Optional(
      Type.Union(
        ['general', 'baseline', 'netadmin', 'restricted', 'sysadmin', 'legacy'].map((name) =>
          Type.Literal(name),
        ),
      ),
    ),
    debugUser: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);
const SimulatedCollector = Type.Object(
  {
    driver: Type.Literal('simulated'),
    failTimes: Type.Optional(Type.Integer({ minimum: 0 })),
    hang: Type.Optional(Type.Boolean()),
    truncate: Type.Optional(Type.Boolean()),
    tookSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  },
  closed,
);

/** How a collector is described; which of them follows from `command` or `driver`. */
export const collectorSchemas = {
  command: CommandCollector,
  jcmd: JcmdCollector,
  kubectl: KubectlCollector,
  simulated: SimulatedCollector,
};

const CollectionRow = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
    match: Type.Array(Type.String(), { minItems: 1 }),
    collector: Type.Optional(Type.String({ minLength: 1 })),
    durationSeconds: Type.Optional(positive),
    timeoutSeconds: Type.Optional(positive),
    maxAttempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    backoff: Type.Optional(Type.Partial(Backoff, closed)),
    cooldownSeconds: Type.Optional(Type.Number({ minimum: 0 })),
    retryOnRepeat: Type.Optional(Type.Integer({ minimum: 0 })),
    uploadDeadlineSeconds: Type.Optional(positive),
  },
  closed,
);

/** The configuration file, before the defaults are filled in. */
export const ConfigFile = Type.Object(
  {
    collections: Type.Optional(Type.Array(CollectionRow)),
    maxAlertAgeSeconds: Type.Optional(positive),
    collectors: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    sources: Type.Optional(Type.Array(Source, { minItems: 1 })),
    access: Type.Optional(Access),
    tls: Type.Optional(Tls),
    allowedHosts: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    trustedProxies: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    destination: Type.Optional(
      Type.Composite([Destination.anyOf[0]], { ...closed, description: 'Absent: the object store.' }),
    ),
  },
  closed,
);

export type ConfigFile = Static<typeof ConfigFile>;
export type CollectionRow = Static<typeof CollectionRow>;
export type CollectorConfig =
  | Static<typeof CommandCollector>
  | Static<typeof JcmdCollector>
  | Static<typeof KubectlCollector>
  | Static<typeof SimulatedCollector>;
