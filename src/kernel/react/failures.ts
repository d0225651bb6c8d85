/** Codes of failed attempts, as they stand in events. A code is never given a second meaning. */
export type FailureCode =
  | 'collector-unknown'
  | 'collector-not-found'
  | 'collector-not-executable'
  | 'collector-exited'
  | 'collector-timeout'
  | 'jvm-not-found'
  | 'jvm-refused'
  | 'jvm-ambiguous'
  | 'pod-not-found'
  | 'pod-not-running'
  | 'pod-replaced'
  | 'pod-disk-full'
  | 'pod-not-writable'
  | 'container-not-found'
  | 'container-restarted'
  | 'jcmd-not-found'
  | 'program-missing'
  | 'debug-container-failed'
  | 'transfer-truncated'
  | 'context-unknown'
  | 'cluster-unreachable'
  | 'unauthorized'
  | 'forbidden'
  | 'recording-missing'
  | 'recording-empty'
  | 'recording-not-jfr'
  | 'recording-truncated'
  | 'recording-unfinished'
  | 'staging-failed'
  | 'staged-missing'
  | 'staged-corrupt'
  | 'destination-conflict'
  | 'destination-refused'
  | 'destination-unavailable'
  | 'deadline-exceeded'
  | 'interrupted'
  | 'handed-back'
  | 'cancelled'
  | 'unexpected';

interface Details {
  exitCode?: number | undefined;
  /** The end of what the program wrote to stderr. */
  stderrTail?: string | undefined;
  cause?: unknown;
}

/** An attempt failed; the next one may succeed. */
export class AttemptFailed extends Error {
  override readonly name: string = 'AttemptFailed';
  readonly code: FailureCode;
  readonly details: Details;

  constructor(code: FailureCode, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/** An attempt failed, and so would every other: the run ends. */
export class PermanentlyFailed extends AttemptFailed {
  override readonly name = 'PermanentlyFailed';
}

/** The form of an error in events. Messages are bounded: they come from foreign programs. */
export function eventErrorOf(error: AttemptFailed) {
  const { exitCode, stderrTail } = error.details;
  return {
    code: error.code,
    message: error.message.slice(0, maxMessage),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(stderrTail ? { stderrTail: stderrTail.slice(-maxMessage) } : {}),
  };
}

/** What was thrown, as a failed attempt. */
export function asFailure(error: unknown): AttemptFailed {
  if (error instanceof AttemptFailed) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AttemptFailed('unexpected', message, { cause: error });
}

const maxMessage = 2_000;
