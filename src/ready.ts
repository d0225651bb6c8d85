import { needsReadModel, type Role } from './config/config.ts';
import type { ReactorRow } from './feature.ts';
import type { ReadyCheck } from './http/health.ts';
import type { Connection } from './log/connection.ts';
import type { Follower } from './log/consume/follow.ts';
import { streamName } from './log/streams/definitions.ts';

interface Deps {
  connection: Connection;
  follower: Pick<Follower, 'isCaughtUp' | 'lag'>;
  /** The reactors of all features. */
  reactors: readonly ReactorRow[];
  writes: ReadyCheck;
}

/** What must hold for a process with these roles to do its work: among it, every durable consumer of every role. */
export function readyChecks(
  { connection, follower, reactors, writes }: Deps,
  roles: readonly Role[],
): ReadyCheck[] {
  const board: ReadyCheck = {
    name: 'board',
    check: () => {
      if (follower.isCaughtUp()) return Promise.resolve(undefined);
      const left = follower.lag();
      return Promise.resolve(
        left > 0 ? `${String(left)} messages are still to be applied` : 'the log is still being read',
      );
    },
  };
  const connected = (name: string, look: () => Promise<unknown>): ReadyCheck => ({
    name,
    check: async () => {
      if (!connection.isConnected()) return 'NATS is not connected';
      await look();
      return undefined;
    },
  });
  const { streams, consumers } = connection.jsm;
  const durables = reactors.filter(({ role }) => roles.includes(role)).map(({ durable }) => durable);
  return [
    connected('stream', () => streams.info(streamName)),
    writes,
    ...durables.map((durable) => connected(`consumer ${durable}`, () => consumers.info(streamName, durable))),
    ...(needsReadModel(roles) ? [board] : []),
  ];
}
