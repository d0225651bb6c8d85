import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { errorsOf, type Fault } from '../../config/fault.ts';
import { withVariables } from '../../programs/environment.ts';
import type { Spawner } from '../../programs/spawner.ts';
import { type Collector, inDirectory } from './collector.ts';
import { commandCollector, placeholderNames, unknownPlaceholders } from './command.ts';
import { jcmdCollector } from './jcmd.ts';
import { kubectlCollector } from './kubectl/collector.ts';
import { defaultOptions } from './kubectl/options.ts';
import {
  type CollectorConfig,
  CommandCollector,
  JcmdCollector,
  KubectlCollector,
  SimulatedCollector,
} from './schemas.ts';
import { simulatedCollector } from './simulated.ts';
import { kubectlFinder } from './kubectl/targets.ts';
import { commandFinder, type TargetsFinder, targetsPlaceholders } from './targets.ts';

/** A kind of collector: what the configuration says of one, and how it is made. */
interface CollectorRow<Schema extends TSchema> {
  schema: Schema;
  /** What the schema cannot say. */
  faults?: (config: Static<Schema>) => Fault[];
  /** The program of this machine that it starts; absent where it starts none. */
  program?: (config: Static<Schema>) => string;
  create: (config: Static<Schema>, spawner: Spawner) => Collector;
  /** How it finds the pods of a StatefulSet; absent, or undefined: it cannot. */
  finder?: (config: Static<Schema>, spawner: Spawner) => TargetsFinder | undefined;
}

const row = <Schema extends TSchema>(each: CollectorRow<Schema>) => each;

/** All kinds, by their `driver`; one with a `command` names none. To add one, add a row. */
export const collectorRows = {
  command: row({
    schema: CommandCollector,
    program: ({ command: [program = ''] }) => program,
    faults: ({ command, targetsCommand = [] }) => [
      ...placeholderFaults('command', command, placeholderNames),
      ...placeholderFaults('targetsCommand', targetsCommand, targetsPlaceholders),
    ],
    create: ({ command, env }, spawner) =>
      inDirectory(commandCollector(command, withVariables(spawner, env))),
    finder: ({ targetsCommand, env }, spawner) =>
      targetsCommand && commandFinder(targetsCommand, withVariables(spawner, env)),
  }),
  jcmd: row({
    schema: JcmdCollector,
    program: () => 'jcmd',
    faults: ({ pid, mainClass }) =>
      (pid === undefined) === (mainClass === undefined)
        ? [[[], 'must have mainClass or pid, and not both']]
        : [],
    create: ({ pid, mainClass = '', env }, spawner) =>
      inDirectory(jcmdCollector(pid === undefined ? { mainClass } : { pid }, withVariables(spawner, env))),
  }),
  kubectl: row({
    schema: KubectlCollector,
    program: ({ kubectl = defaultOptions.kubectl }) => kubectl,
    faults: ({ pid, mainClass }) =>
      pid !== undefined && mainClass ? [[[], 'must not have both mainClass and pid']] : [],
    create: (config, spawner) => inDirectory(kubectlCollector(config, withVariables(spawner, config.env))),
    finder: (config, spawner) => kubectlFinder(config, withVariables(spawner, config.env)),
  }),
  simulated: row({ schema: SimulatedCollector, create: simulatedCollector }),
};

type Kind = keyof typeof collectorRows;

/** The row of a valid configuration. */
export function rowOfCollector(config: CollectorConfig): CollectorRow<TSchema> {
  return collectorRows['command' in config ? 'command' : config.driver] as unknown as CollectorRow<TSchema>;
}

/** True where a collector can find the pods of a StatefulSet. One that is not valid counts: that is said of it already. */
export function canFindTargets(config: CollectorConfig): boolean {
  if ('command' in config) return config.targetsCommand !== undefined;
  return !isKind(config.driver) || 'finder' in collectorRows[config.driver];
}

/** What is wrong with what a configuration file says of a collector. */
export function collectorFaults(collector: unknown): Fault[] {
  if (typeof collector !== 'object' || collector === null) return [[[], 'must have command or driver']];
  const kind: unknown =
    'command' in collector ? 'command' : 'driver' in collector ? collector.driver : undefined;
  if (!isKind(kind)) {
    const drivers = Object.keys(collectorRows).filter((name) => name !== 'command');
    return [[[], `must have command, or driver: ${drivers.join(' or ')}`]];
  }
  const { schema, faults = () => [] } = collectorRows[kind] as unknown as CollectorRow<TSchema>;
  return Value.Check(schema, collector) ? faults(collector) : errorsOf(schema, collector);
}

function placeholderFaults(key: string, command: readonly string[], names: readonly string[]): Fault[] {
  const allowed = `there is ${names.map((name) => `{${name}}`).join(' ')}`;
  return unknownPlaceholders(command, names).map((name) => [[key], `no {${name}} is known; ${allowed}`]);
}

function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && Object.hasOwn(collectorRows, kind);
}
