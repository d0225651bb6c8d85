import { type Static, Type } from '@sinclair/typebox';
import { labelName } from './placeholders.ts';

const closed = { additionalProperties: false };

/** Names of variables. */
const env = Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' })));
const command = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 });
export const CommandCollector = Type.Object(
  {
    command,
    targetsCommand: Type.Optional(command),
    env,
    allowEarlierStart: Type.Optional(Type.Boolean()),
    hideArguments: Type.Optional(Type.Boolean()),
    labels: Type.Optional(Type.Array(Type.String({ pattern: `^${labelName}$` }))),
  },
  closed,
);
export const JcmdCollector = Type.Object(
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
export const KubectlCollector = Type.Object(
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
    artefactSeconds: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
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
export const SimulatedCollector = Type.Object(
  {
    driver: Type.Literal('simulated'),
    failTimes: Type.Optional(Type.Integer({ minimum: 0 })),
    hang: Type.Optional(Type.Boolean()),
    truncate: Type.Optional(Type.Boolean()),
    tookSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  },
  closed,
);

/** How a collector is described in the configuration. */
export type CollectorConfig =
  | Static<typeof CommandCollector>
  | Static<typeof JcmdCollector>
  | Static<typeof KubectlCollector>
  | Static<typeof SimulatedCollector>;
