import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { LogUnavailable } from '../../log/errors.ts';
import type { Connection } from '../../log/connection.ts';
import { answerRequests, ask } from '../../log/edge/requests.ts';
import { BoardLags } from '../../kernel/fold/board.ts';
import type { Why } from './by-hand.ts';
import type { CancelResult } from './cancel.ts';
import type { RedriveResult } from './redrive.ts';
import type { StartRequest, StartResult } from './start.ts';

/** What people ask for by hand. Each may throw LogUnavailable or BoardLags. */
export interface Actions {
  start: (request: StartRequest) => Promise<StartResult>;
  redrive: (id: string, why: Why) => Promise<RedriveResult>;
  cancel: (id: string, why: Why) => Promise<CancelResult>;
  /** What is missing before anything can be decided. */
  notReady: () => string | undefined;
}

const why = {
  by: Type.String({ minLength: 1, maxLength: 200 }),
  reason: Type.String({ minLength: 1, maxLength: 1_000 }),
};
const closed = { additionalProperties: false };
const text = Type.Optional(Type.String({ maxLength: 1_000 }));
const start = TypeCompiler.Compile(
  Type.Object(
    {
      ...{ kubeContext: Type.String(), namespace: Type.String(), pod: Type.String() },
      ...{ sts: text, rule: text, traceparent: text },
      durationSeconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 3_600 })),
      ...why,
    },
    closed,
  ),
);
const onOne = TypeCompiler.Compile(Type.Object({ id: Type.String({ maxLength: 200 }), ...why }, closed));

const places = 64;
type Answer = { result: unknown } | { unavailable: string };

/** Answers what processes at the edge ask for by hand: what comes of it is decided here, by this configuration. */
export function answerActions(
  connection: Connection,
  actions: Actions,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const act = async (name: string, body: unknown): Promise<unknown> => {
    if (name === 'start' && start.Check(body)) return actions.start(body);
    if ((name !== 'redrive' && name !== 'cancel') || !onOne.Check(body))
      return { refused: 'there is nothing of the kind to ask for' };
    const { id, by, reason } = body;
    return actions[name](id, { by, reason });
  };
  const answer = async (name: string, body: unknown): Promise<Answer> => {
    const unavailable = actions.notReady();
    if (unavailable !== undefined) return { unavailable };
    try {
      return { result: await act(name, body) };
    } catch (error) {
      if (error instanceof LogUnavailable || error instanceof BoardLags)
        return { unavailable: error.message };
      throw error;
    }
  };
  return answerRequests(connection, {
    ...{ name: 'do.>', places, onError },
    handle: async ({ rest, body }) => JSON.stringify(await answer(rest, jsonOf(body))),
    refusal: JSON.stringify({ unavailable: 'too much is asked for at once' } satisfies Answer),
  });
}

/** The same for a process at the edge: another one does it. */
export function askActions(connection: Connection, notReady: Actions['notReady']): Actions {
  const asked = async <T>(name: string, body: unknown): Promise<T> => {
    const answer = (await ask(connection, `do.${name}`, body)) as Answer;
    if ('unavailable' in answer) throw new LogUnavailable(answer.unavailable);
    return answer.result as T;
  };
  return {
    start: (request) => asked('start', request),
    redrive: (id, { by, reason }) => asked('redrive', { id, by, reason }),
    cancel: (id, { by, reason }) => asked('cancel', { id, by, reason }),
    notReady,
  };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
