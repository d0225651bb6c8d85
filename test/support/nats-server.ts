import { natsServerPath } from '../../src/log/nats-process.ts';

/** Absent: the suite runs on the packaged nats-server. */
export const namedServer = process.env['NATS_SERVER_BIN'] || undefined;

/** The nats-server that the suite runs on. */
export function testedServer(): Promise<string> {
  return natsServerPath(namedServer);
}
