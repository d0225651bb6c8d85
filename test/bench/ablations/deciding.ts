import { createEvent } from '../../../src/events/envelope.ts';
import type { Connection } from '../../../src/log/connection.ts';
import { streamName } from '../../../src/log/streams/definitions.ts';
import { append, appendAtomically } from '../../../src/log/write/append.ts';
import type { Ablation } from '../ablations.ts';

const decisions = 1_000;
const inFlight = 8;
let made = 0;

/** Two events of a pod that nobody has decided on. */
function nextDecision() {
  const pod = { kubeContext: 'prod', namespace: 'search', pod: `crate-${String((made += 1))}` };
  const alert = { alertId: 'a', fingerprint: 'f', startsAt: '2026-11-20T19:10:36.608Z' };
  const about = { part: 'bench', time: '2026-11-20T19:10:40.000Z' };
  return (['stale', 'cooldown'] as const).map((reason) =>
    createEvent(
      'CollectionSuppressed',
      { ...pod, ...alert, reason },
      { ...about, causeId: `${reason}${String(made)}` },
    ),
  );
}

/** Milliseconds for each decision, several at once. */
async function perDecision(
  connection: Connection,
  store: (events: ReturnType<typeof nextDecision>) => Promise<unknown>,
): Promise<number> {
  await connection.jsm.streams.purge(streamName);
  const next = Array.from({ length: decisions }, nextDecision).values();
  const takeTurns = async () => {
    for (const events of next) await store(events);
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: inFlight }, takeTurns));
  return (performance.now() - begin) / decisions;
}

/** What is harmless alone goes before a decision, against an atomic batch of both. */
export function deciding(connection: Connection): Ablation {
  return {
    what: 'what is harmless alone goes first: a decision of two events',
    show: (value) => `${value.toFixed(2)} ms`,
    measure: async () => ({
      own: await perDecision(connection, async (events) => {
        for (const event of events) await append(connection, event);
      }),
      without: await perDecision(
        connection,
        (events) =>
        appendAtomically(connection, [], events.map((event) => ({ event }))), // prettier-ignore
      ),
    }),
  };
}
