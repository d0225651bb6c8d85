import { type Static, type TObject, Type } from '@sinclair/typebox';
import { type Fault, matcherFaults } from '../config/fault.ts';
import { Backoff, Destination, Targets } from '../events/data/plan.ts';
import { own } from '../events/own.ts';
import { builtInCollector } from './built-in.ts';
import { canFindTargets, collectorFaults, labelsOfCollector } from './collectors/rows.ts';
import type { CollectorConfig } from './collectors/schemas.ts';
import type { PolicyRow } from './intake/policy.ts';
import { maxAttempts, retryFaults, retryOf, RetryTable } from './retry-table.ts';

const closed = { additionalProperties: false };
const positive = Type.Number({ exclusiveMinimum: 0 });

const CollectionRow = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
    match: Type.Array(Type.String(), { minItems: 1 }),
    collector: Type.Optional(Type.String({ minLength: 1 })),
    durationSeconds: Type.Optional(positive),
    timeoutSeconds: Type.Optional(positive),
    maxAttempts,
    backoff: Type.Optional(Type.Partial(Backoff, closed)),
    retry: Type.Optional(RetryTable),
    cooldownSeconds: Type.Optional(Type.Number({ minimum: 0 })),
    cooldownBy: Type.Optional(Type.Union([Type.Literal('pod'), Type.Literal('row')])),
    retryOnRepeat: Type.Optional(Type.Integer({ minimum: 0 })),
    uploadDeadlineSeconds: Type.Optional(positive),
    targets: Type.Optional(
      Type.Object(
        {
          ...Type.Pick(Targets, ['statefulSet', 'replicas']).properties,
          max: Type.Optional(Targets.properties.max),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** What the configuration file says of collections, before the defaults are filled in. */
export const collectionFields = {
  collections: Type.Optional(Type.Array(CollectionRow)),
  maxAlertAgeSeconds: Type.Optional(positive),
  collectors: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  destination: Type.Optional(
    Type.Composite([Destination.anyOf[0]], { ...closed, description: 'Absent: the object store.' }),
  ),
};

type Fields = Static<TObject<typeof collectionFields>>;
type CollectionRow = Static<typeof CollectionRow>;

/** The same, with the defaults. */
export interface CollectionRules {
  collections: PolicyRow[];
  maxAlertAgeSeconds: number;
  collectors: Record<string, CollectorConfig>;
  destination: Destination;
}

const defaultRow: CollectionRow = {
  name: 'cratedb',
  match: ['alertname=~"CrateDBCloudNotResponsive|CrateDBContainerRestart"'],
  // hemako cannot say which pods there are, but a StatefulSet has a pod 0.
  targets: { statefulSet: 'one', replicas: 1 },
};

const defaultBackoff = { initialSeconds: 2, factor: 2, maxSeconds: 60 };
const defaults = {
  collector: 'hemako',
  durationSeconds: 30,
  maxAttempts: 5,
  cooldownSeconds: 600,
  retryOnRepeat: 1,
  uploadDeadlineSeconds: 604_800,
};
/** A recording of d seconds gets d + 90 s by default: 120 s for the usual 30 s. */
const timeoutMarginSeconds = 90;

/** What the schema cannot say. */
export function faultsOfCollections(file: Fields): Fault[] {
  const collectors = collectorsOf(file);
  const faults = Object.entries(collectors).flatMap(([name, collector]) =>
    collectorFaults(collector).map(([keys, message]): Fault => [['collectors', name, ...keys], message]),
  );
  const ofRows = rowsOf(file).flatMap((row, index) =>
    rowFaults(row, collectors).map(([keys, message]): Fault => [
      ['collections', String(index), ...keys],
      message,
    ]),
  );
  return [...faults, ...ofRows, ...destinationFaults(file)];
}

/** What no upload could ever go to. */
function destinationFaults({ destination }: Fields): Fault[] {
  const { endpoint, bucket = '' } = destination ?? {};
  const faults: Fault[] = [];
  if (endpoint !== undefined && !(/^https?:\/\//i.test(endpoint) && URL.canParse(endpoint))) {
    const isSchemeMissing = URL.canParse(`http://${endpoint}`) && !endpoint.includes('://');
    const action = isSchemeMissing ? `write http://${endpoint} or https://${endpoint}` : 'write it as https://HOST[:PORT]'; // prettier-ignore
    faults.push([['destination', 'endpoint'], `${endpoint} has no http:// or https:// before a host: ${action}`]); // prettier-ignore
  }
  if (/^\w+:\/\//.test(bucket)) {
    const message = `${bucket} is an address: write the name of the bucket alone; what follows it is destination.prefix`;
    faults.push([['destination', 'bucket'], message]);
  }
  return faults;
}

/** Fills in the defaults of a file without faults. */
export function collectionRules(file: Fields): CollectionRules {
  const destination: Destination = file.destination ?? { type: 'object-store' };
  const collectors = collectorsOf(file);
  return {
    collections: rowsOf(file).map((row, index) => policyRow(row, index, { destination, collectors })),
    maxAlertAgeSeconds: file.maxAlertAgeSeconds ?? 900,
    collectors,
    destination,
  };
}

function collectorsOf({ collectors }: Fields): Record<string, CollectorConfig> {
  return { hemako: builtInCollector, ...(collectors as Record<string, CollectorConfig> | undefined) };
}

function rowsOf({ collections }: Fields): CollectionRow[] {
  return collections ?? [defaultRow];
}

function policyRow(
  row: CollectionRow,
  index: number,
  { destination, collectors }: Pick<CollectionRules, 'destination' | 'collectors'>,
): PolicyRow {
  const {
    name = `collections[${String(index)}]`,
    match,
    backoff,
    retry,
    timeoutSeconds,
    targets,
    ...rest
  } = row;
  const plan = { ...defaults, ...rest, destination };
  const ofRow = { ...defaultBackoff, ...backoff };
  const labels = labelsOfCollector(collectors[plan.collector]);
  return {
    name,
    match,
    plan: {
      ...plan,
      timeoutSeconds: timeoutSeconds ?? plan.durationSeconds + timeoutMarginSeconds,
      backoff: ofRow,
      ...(retry ? { retry: retryOf(retry, ofRow) } : {}),
      ...(labels ? { labels } : {}),
      ...(targets && { targets: { max: 10, ...targets } }),
    },
  };
}

function rowFaults(row: CollectionRow, collectors: Record<string, CollectorConfig>): Fault[] {
  const faults: Fault[] = matcherFaults(row.match, ['match']);
  const { collector = defaults.collector, durationSeconds = defaults.durationSeconds, timeoutSeconds } = row;
  const config = own(collectors, collector);
  if (!config) {
    const known = Object.keys(collectors).join(', ');
    faults.push([['collector'], `there is no collector ${collector}; there is ${known}`]);
  } else if (row.targets && row.targets.replicas === undefined && !canFindTargets(config)) {
    const message = `the collector ${collector} cannot find the pods of a StatefulSet: set replicas, or targetsCommand of the collector, or use driver: kubectl`;
    faults.push([['targets'], message]);
  }
  if (timeoutSeconds !== undefined && timeoutSeconds <= durationSeconds) {
    const message = `an attempt of ${String(durationSeconds)} s never ends within ${String(timeoutSeconds)} s`;
    faults.push([['timeoutSeconds'], message]);
  }
  return [...faults, ...retryFaults(row.retry ?? {}, row.maxAttempts ?? defaults.maxAttempts)];
}
