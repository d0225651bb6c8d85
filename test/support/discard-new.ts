import { DiscardPolicy } from 'nats';
import type { TestContext } from 'vitest';
import type { Connection } from '../../src/log/connection.ts';
import { readDefinitions } from '../../src/log/streams/definitions.ts';

/** Makes the stream as versions did that asked for `discard: new`; the test is skipped where the server refuses it. */
export async function addDiscardingNew({ jsm }: Connection, { skip }: TestContext): Promise<void> {
  const config = { ...readDefinitions().stream, discard: DiscardPolicy.New };
  await jsm.streams.add(config).catch((error: unknown) => {
    if (String(error).includes('message scheduling cannot use discard new')) skip(String(error));
    throw error;
  });
}
