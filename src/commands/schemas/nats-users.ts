import type { Role } from '../../config/config.ts';
import { durables } from '../../features.ts';
import { recordingsBucket, snapshotsBucket, stagingBucket } from '../../log/streams/definitions.ts';

/** A user of the account that has the stream. */
export interface NatsUser {
  name: string;
  /** What it is for: the comment above its events. */
  about: string;
  /** The parts whose events it writes. */
  parts: readonly string[];
  /** Subjects of timers that it sets. */
  timers: readonly string[];
  durables: readonly string[];
  buckets: readonly string[];
  /** It does for processes at the edge what they may not. */
  servesEdge?: boolean;
  /** It looks up by itself what was told of alerts and sources. */
  readsTold?: boolean;
}

const allBuckets = [snapshotsBucket, stagingBucket, recordingsBucket];
const edgeParts = ['ingest', 'api', 'cancel', 'redrive'];
const probes = 'aw.schedule.probe.*';
/** Names of all durable consumers. */
export const durableNames = Object.keys(durables);
const ofRole = (role: Role) => durableNames.filter((name) => durables[name]?.role === role);
const partsOf = (...roles: Role[]) => [
  ...new Set(Object.values(durables).flatMap(({ role, parts }) => (roles.includes(role) ? parts : []))),
];

/** The users of accounts.conf that decide, record and upload. */
export const users: readonly NatsUser[] = [
  {
    ...{ name: 'intake', about: 'It decides what an alert leads to, and says what a timer did not say.' },
    ...{ parts: [...partsOf('intake'), ...edgeParts], timers: ['aw.schedule.>'], servesEdge: true },
    ...{ durables: ofRole('intake'), buckets: [snapshotsBucket] },
  },
  {
    ...{ name: 'collect', about: 'It records, and stages what it recorded.' },
    ...{ parts: partsOf('collect'), timers: [probes], durables: ofRole('collect'), buckets: allBuckets },
  },
  {
    ...{ name: 'upload', about: 'It brings recordings to their destination.' },
    ...{ parts: partsOf('upload'), timers: [probes], durables: ofRole('upload'), buckets: allBuckets },
  },
  {
    ...{
      name: 'workers',
      about: 'It decides, records and uploads: what intake, collect and upload may, together.',
    },
    ...{
      parts: [...partsOf('intake', 'collect', 'upload'), ...edgeParts],
      timers: ['aw.schedule.>'],
      servesEdge: true,
    },
    ...{ durables: durableNames, buckets: allBuckets },
  },
  {
    ...{
      name: 'all',
      about: 'It does everything that the service does, and changes no stream and no durable consumer.',
    },
    ...{
      parts: [...partsOf('intake', 'collect', 'upload'), ...edgeParts],
      timers: ['aw.schedule.>'],
      servesEdge: true,
    },
    ...{ durables: durableNames, buckets: allBuckets, readsTold: true },
  },
];
