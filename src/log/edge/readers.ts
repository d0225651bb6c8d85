import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type ConsumerConfig, NatsError } from 'nats';
import type { Connection } from '../connection.ts';
import { snapshotsBucket, streamName } from '../streams/definitions.ts';
import { answerRequests, type NatsRequest } from './requests.ts';

const maxInactiveNanos = 300e9;

/** The consumers that reading needs, and no others: without a subject to deliver to, and without the name of a durable one. */
const Reader = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9]{22}_[0-9]{1,9}$' }),
    ack_policy: Type.Literal('none'),
    deliver_policy: Type.Union([Type.Literal('by_start_sequence'), Type.Literal('by_start_time')]),
    opt_start_seq: Type.Optional(Type.Integer({ minimum: 1 })),
    opt_start_time: Type.Optional(Type.String({ maxLength: 64 })),
    filter_subject: Type.Optional(Type.String({ maxLength: 1_024 })),
    filter_subjects: Type.Optional(Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 64 })),
    inactive_threshold: Type.Integer({ minimum: 1, maximum: maxInactiveNanos }),
    max_deliver: Type.Literal(1),
    mem_storage: Type.Literal(true),
    num_replicas: Type.Literal(1),
  },
  { additionalProperties: false },
);
const check = TypeCompiler.Compile(Type.Object({ config: Reader }));
interface Question {
  config: Partial<ConsumerConfig>;
}

/** Streams that processes at the edge may read. */
const readable: ReadonlySet<string> = new Set([streamName, `OBJ_${snapshotsBucket}`]);
const places = 64;

/**
 * Makes the consumers that processes at the edge read by. They may not make them themselves: a consumer can have the server
 * publish messages on any subject, and is no longer held by the permissions of who made it. Their requests to JetStream
 * come here by the import of their account. Returns what ends it.
 */
export function answerReaders(
  connection: Connection,
  onError: (error: unknown) => void,
): () => Promise<void> {
  return answerRequests(connection, {
    ...{ name: 'readers.>', places, onError },
    handle: (asked) => makeReader(connection, asked),
    refusal: refused(503, 'too many readers are made at once'),
  });
}

async function makeReader({ jsm }: Connection, { rest: stream, body }: NatsRequest): Promise<string> {
  const question = parsed(body);
  if (!question || !readable.has(stream)) return refused(403, 'a process at the edge makes no such consumer');
  try {
    return JSON.stringify(await jsm.consumers.add(stream, question.config));
  } catch (error) {
    if (error instanceof NatsError && error.api_error) return JSON.stringify({ error: error.api_error });
    throw error;
  }
}

function parsed(body: Uint8Array): Question | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    // The client's types have enums where JSON has words.
    return check.Check(value) ? (value as unknown as Question) : undefined;
  } catch {
    return undefined;
  }
}

function refused(code: number, description: string): string {
  return JSON.stringify({ error: { code, err_code: 0, description } });
}
