import { createEvent, decodeEvent, isEvent } from '../../events/envelope.ts';
import { sha256Hex } from '../../events/ids.ts';
import type { PolicyConfiguredData } from '../../events/data/policy.ts';
import { policySubject } from '../../events/subjects.ts';
import { append } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';
import { LogUnavailable, WrongLastSequence } from '../../log/errors.ts';
import { lastMessage } from '../../log/read.ts';
import type { Logger } from '../../telemetry/logger.ts';

interface Deps {
  connection: Connection;
  stream: string;
  /** RFC 3339. */
  now: () => string;
  logger: Logger;
  /** Aborted once the process ends. */
  signal: AbortSignal;
}

type InForce = Pick<PolicyConfiguredData, 'rows' | 'maxAlertAgeSeconds'>;

const retryEveryMs = 60_000;
/** Each time that another process wrote one meanwhile. */
const maxLooks = 20;

/**
 * Writes the policy that this process decides by to the stream, unless it is the last one there: whoever looks back knows then
 * which alerts it matched. Never rejects: where the stream does not take it now, it is tried again every minute.
 */
export async function tellPolicy(deps: Deps, { rows, maxAlertAgeSeconds }: InForce): Promise<void> {
  const { logger, signal } = deps;
  const hash = sha256Hex(JSON.stringify({ rows, maxAlertAgeSeconds }));
  const isTold = () =>
    write(deps, { hash, rows, maxAlertAgeSeconds }).then(
      () => true,
      (err: unknown) => {
        logger.warn(
          { err },
          'the policy is not on the stream: `audit` cannot judge by it what is decided now',
        );
        // Another error stays: it is too large, say.
        return !(err instanceof LogUnavailable);
      },
    );
  if (await isTold()) return;
  const timer = setInterval(() => void isTold().then((told) => told && clearInterval(timer)), retryEveryMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}

async function write({ connection, stream, now }: Deps, data: PolicyConfiguredData): Promise<void> {
  for (let look = 0; look < maxLooks; look += 1) {
    const last = await lastMessage(connection, stream, policySubject('PolicyConfigured'));
    const event = last && decodeEvent(last);
    if (event && isEvent(event) && event.type === 'PolicyConfigured' && event.data.hash === data.hash) return;
    const lastSequence = last?.sequence ?? 0;
    const about = { part: 'intake', time: now(), causeId: String(lastSequence) };
    const next = createEvent('PolicyConfigured', data, about);
    const options = { forEver: true, deduplicate: false };
    if (await append(connection, next, { lastSequence }, options).catch(lost)) return;
  }
  throw new LogUnavailable('append PolicyConfigured: others write theirs all the time');
}

function lost(error: unknown): undefined {
  if (!(error instanceof WrongLastSequence)) throw error;
}
