import { natsServerPath } from '../../src/log/embedded/nats-process.ts';

/** Absent: the suite runs on the packaged nats-server. */
export const namedServer = process.env['NATS_SERVER_BIN'] || undefined;

/** One that is newer than any stream of an older version, and one that lacks what the service needs; see programs.ts. */
export const newestServer = process.env['NATS_SERVER_NEWEST'] ?? '';
export const oldServer = process.env['NATS_SERVER_OLD'] ?? '';

/** The one of the npm package, whatever the suite runs on. */
export function packagedServer(): Promise<string> {
  return natsServerPath();
}

/** The nats-server that the suite runs on. */
export function testedServer(): Promise<string> {
  return natsServerPath(namedServer);
}
