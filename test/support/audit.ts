import { createAudit } from '../../src/collection/audit/audit.ts';
import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';

/** Which promises a stream breaks on which nothing is under way, as `alert-watcher audit --settled --no-destination` says. */
export async function brokenPromises(connection: Connection): Promise<unknown[]> {
  const audit = createAudit();
  for await (const message of readRange(connection, streamName, { filter: 'aw.>' })) audit.apply(message);
  return audit.finish({ settled: true }).violations;
}

/** The same of a stream on which collections are under way, and everything is decided. */
export async function auditedUpTo(connection: Connection): Promise<unknown[]> {
  const audit = createAudit();
  for await (const message of readRange(connection, streamName, { filter: 'aw.>' })) audit.apply(message);
  return audit.finish({ decidedUpTo: Infinity }).violations;
}
