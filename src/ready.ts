import type { Role } from './config/config.ts';
import type { ReadyCheck } from './http/health.ts';
import type { Connection } from './log/connection.ts';
import { type Definitions, streamName } from './log/streams/definitions.ts';
import type { Follower } from './log/consume/follow.ts';

/** What must hold for a process with these roles to do its work. */
export function readyChecks(
  connection: Connection,
  { consumers }: Definitions,
  follower: Follower,
  writes: ReadyCheck,
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
  const durables = consumers.map(({ durable_name }) => durable_name);
  return [
    {
      name: 'stream',
      check: async () => {
        if (!connection.isConnected()) return 'NATS is not connected';
        await connection.jsm.streams.info(streamName);
        return undefined;
      },
    },
    writes,
    ...durables
      .filter((durable) => (roles as readonly string[]).includes(durable))
      .map((durable) => ({
        name: `consumer ${durable}`,
        check: async () => {
          if (!connection.isConnected()) return 'NATS is not connected';
          await connection.jsm.consumers.info(streamName, durable);
          return undefined;
        },
      })),
    ...(needsReadModel(roles) ? [board] : []),
  ];
}

/** Intake of alerts alone asks the board nothing: such a process reads no log, and needs no permission to. */
export function needsReadModel(roles: readonly Role[]): boolean {
  return roles.some((role) => role !== 'ingest');
}
