import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { errorsOf, type Fault } from '../../config/fault.ts';
import type { Plan } from '../../events/data/plan.ts';
import { withVariables } from '../../programs/environment.ts';
import { shownArgv } from '../../programs/shown-argv.ts';
import type { Spawner } from '../../programs/spawner.ts';
import { type Collector, type ConfiguredCollector, inDirectory } from './collector.ts';
import { commandArgv, commandCollector } from './command.ts';
import { jcmdCollector, listJvms } from './jcmd.ts';
import { kubectlCollector } from './kubectl/collector.ts';
import { getPodArgv } from './kubectl/kubectl.ts';
import { defaultOptions } from './kubectl/options.ts';
import { type Filling, labelsIn, placeholderNames, unknownPlaceholders } from './placeholders.ts';
import {
  type CollectorConfig,
  CommandCollector,
  JcmdCollector,
  KubectlCollector,
  SimulatedCollector,
} from './schemas.ts';
import { simulatedCollector } from './simulated.ts';
import { kubectlFinder } from './kubectl/targets.ts';
import {
  commandFinder,
  type TargetsFinder,
  targetsPlaceholders,
  unknownTargetsPlaceholders,
} from './targets.ts';

/** A program of this machine that a collector starts, and what for. */
export interface ProgramNeed {
  program: string;
  for: 'recording' | 'targets';
}

/** A kind of collector: what the configuration says of one, and how it is made. */
interface CollectorRow<Schema extends TSchema> {
  schema: Schema;
  /** What the schema cannot say. */
  faults?: (config: Static<Schema>) => Fault[];
  /** The programs of this machine that it starts; absent where it starts none. */
  programs?: (config: Static<Schema>) => ProgramNeed[];
  /** True where a kube_context must be a context of kubeconfig; absent: its programs see to that. */
  usesContext?: (config: Static<Schema>, kubeContext: string) => boolean;
  /** What it is given of the labels of an alert; absent: nothing. */
  labels?: (config: Static<Schema>) => NonNullable<Plan['labels']>;
  /** True where its recordings may have begun before their attempt. Absent: nobody has to ask. */
  allowEarlierStart?: (config: Static<Schema>) => boolean;
  /** The command line that an attempt begins with; absent: it runs no program. */
  argv?: (config: Static<Schema>, filling: Filling) => string[];
  create: (config: Static<Schema>, spawner: Spawner) => Collector;
  /** How it finds the pods of a StatefulSet; absent, or undefined: it cannot. */
  finder?: (config: Static<Schema>, spawner: Spawner) => TargetsFinder | undefined;
}

const recordingBy = (program: string): ProgramNeed => ({ program, for: 'recording' });

/** They stand in each request, and in the state of the pod. */
const maxLabels = 20;

const row = <Schema extends TSchema>(each: CollectorRow<Schema>) => each;

/** All kinds, by their `driver`; one with a `command` names none. To add one, add a row. */
export const collectorRows = {
  command: row({
    schema: CommandCollector,
    programs: ({ command: [program = ''], targetsCommand: [finder = program] = [] }) => [
      recordingBy(program),
      ...(finder === program ? [] : [{ program: finder, for: 'targets' } as const]),
    ],
    faults: ({ command, targetsCommand = [], labels = [] }) => [
      ...placeholderFaults('command', unknownPlaceholders(command), placeholderNames),
      ...placeholderFaults('targetsCommand', unknownTargetsPlaceholders(targetsCommand), targetsPlaceholders),
      ...labelFaults([...labelsIn(command), ...labels]),
    ],
    labels: ({ command, labels = [] }) => {
      const required = labelsIn(command);
      return { required, optional: [...new Set(labels)].filter((label) => !required.includes(label)) };
    },
    argv: commandArgv,
    allowEarlierStart: ({ allowEarlierStart = false }) => allowEarlierStart,
    create: (config, spawner) => inDirectory(commandCollector(config, withVariables(spawner, config.env))),
    finder: ({ targetsCommand, env }, spawner) =>
      targetsCommand && commandFinder(targetsCommand, withVariables(spawner, env)),
  }),
  jcmd: row({
    schema: JcmdCollector,
    programs: () => [recordingBy('jcmd')],
    faults: ({ pid, mainClass }) =>
      (pid === undefined) === (mainClass === undefined)
        ? [[[], 'must have mainClass or pid, and not both']]
        : [],
    argv: () => [...listJvms],
    create: ({ pid, mainClass = '', env }, spawner) =>
      inDirectory(jcmdCollector(pid === undefined ? { mainClass } : { pid }, withVariables(spawner, env))),
  }),
  kubectl: row({
    schema: KubectlCollector,
    programs: ({ kubectl = defaultOptions.kubectl }) => [recordingBy(kubectl)],
    usesContext: ({ inCluster }, kubeContext) => kubeContext !== inCluster,
    faults: ({ pid, mainClass }) =>
      pid !== undefined && mainClass ? [[[], 'must not have both mainClass and pid']] : [],
    argv: (config, filling) => shownArgv(getPodArgv({ ...defaultOptions, ...config }, filling)),
    create: (config, spawner) => inDirectory(kubectlCollector(config, withVariables(spawner, config.env))),
    finder: (config, spawner) => kubectlFinder(config, withVariables(spawner, config.env)),
  }),
  simulated: row({ schema: SimulatedCollector, create: simulatedCollector }),
};

type Kind = keyof typeof collectorRows;

/** The kind of a valid configuration. */
export function driverOf(config: CollectorConfig): Kind {
  return 'command' in config ? 'command' : config.driver;
}

/** The row of a valid configuration. */
export function rowOfCollector(config: CollectorConfig): CollectorRow<TSchema> {
  return collectorRows[driverOf(config)] as unknown as CollectorRow<TSchema>;
}

/** A collector of a valid configuration. */
export function createCollector(config: CollectorConfig, spawner: Spawner): ConfiguredCollector {
  const { create, allowEarlierStart } = rowOfCollector(config);
  return {
    collect: create(config, spawner),
    argvOf: (filling) => argvOfCollector(config, filling),
    // Our own collectors start the recordings that they bring, under the name of the attempt; the clock of a pod proves less.
    allowEarlierStart: allowEarlierStart?.(config) ?? true,
  };
}

/** The command line that an attempt begins with, as events may show it; undefined: it runs no program. */
export function argvOfCollector(config: CollectorConfig, filling: Filling): string[] | undefined {
  return rowOfCollector(config).argv?.(config, filling);
}

/** Names of the labels that a collector is given; undefined: it is given none. */
export function labelsOfCollector(config: CollectorConfig | undefined): Plan['labels'] {
  const named = config && rowOfCollector(config).labels?.(config);
  return named && named.required.length + named.optional.length > 0 ? named : undefined;
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

function placeholderFaults(key: string, unknown: readonly string[], names: readonly string[]): Fault[] {
  const allowed = `there is ${names.map((name) => `{${name}}`).join(' ')}`;
  return unknown.map((name) => [[key], `no {${name}} is known; ${allowed}`]);
}

function labelFaults(labels: readonly string[]): Fault[] {
  if (new Set(labels).size <= maxLabels) return [];
  return [[['labels'], `a collector is given ${String(maxLabels)} labels at most`]];
}

function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && Object.hasOwn(collectorRows, kind);
}
