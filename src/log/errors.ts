import { NatsError } from 'nats';

/** The stream is past what the append expected: `actual` is its last sequence under that filter, if told. */
export class WrongLastSequence extends Error {
  readonly actual: number | undefined;

  constructor(actual: number | undefined) {
    super(
      `the log has moved on${actual === undefined ? '' : `: its last sequence here is ${String(actual)}`}`,
    );
    this.name = 'WrongLastSequence';
    this.actual = actual;
  }
}

/** NATS cannot be reached or does not take it now; the same call may go through later. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/** This NATS user may not do it. */
export class NotPermitted extends LogUnavailable {}

/** The server will never take this message as it is. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
}

/** The stream, a consumer or the server is not as this program needs it; says what to do. */
export class LogMisconfigured extends Error {
  override readonly name = 'LogMisconfigured';
}

/** NATS_URL, or another setting of this program for NATS, cannot be used as it is. */
export class NatsSettingWrong extends LogMisconfigured {}

/** A name is taken in an object store; nothing was overwritten. */
export class ObjectExists extends Error {
  override readonly name = 'ObjectExists';
}

/** An object is not in the store, or no longer whole there. */
export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
}

const wrongLastSequence = 10071;
/** The same in a cluster, where an append that is under way is the reason; it names no sequence. */
const wrongLastSequenceInFlight = 10164;

/** Turns what the client throws into one of the errors above. */
export function toLogError(error: unknown, doing: string): Error {
  if (!(error instanceof NatsError)) return error instanceof Error ? error : new Error(String(error));
  const code = error.api_error?.err_code;
  if (code === wrongLastSequence) {
    const actual = /: (\d+)$/.exec(error.api_error?.description ?? '')?.[1];
    return new WrongLastSequence(actual === undefined ? undefined : Number(actual));
  }
  if (code === wrongLastSequenceInFlight) return new WrongLastSequence(undefined);
  if (error.code === 'MAX_PAYLOAD_EXCEEDED') {
    return new MessageTooLarge(`${doing}: the message is larger than the server's max_payload`, {
      cause: error,
    });
  }
  const message = `${doing}: ${describe(error)}`;
  if (error.code === 'PERMISSIONS_VIOLATION') return new NotPermitted(message, { cause: error });
  return new LogUnavailable(message, { cause: error });
}

/** True where a look-up found nothing (404), and not that it failed. */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && (error.code === '404' || error.api_error?.code === 404);
}

function describe(error: NatsError): string {
  if (error.api_error) return error.api_error.description;
  if (error.code === '503') return 'JetStream does not answer (no responders)';
  return error.code === 'TIMEOUT' ? 'no answer in time' : error.message;
}
