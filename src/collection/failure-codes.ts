import type { FailureCode } from '../kernel/react/failures.ts';

/** What collecting and uploading may fail with. */
declare module '../kernel/react/failures.ts' {
  interface FailureCodes {
    'collector-unknown': true;
    'label-not-requested': true;
    'jvm-not-found': true;
    'jvm-refused': true;
    'jvm-ambiguous': true;
    'pod-not-found': true;
    'pod-not-running': true;
    'pod-replaced': true;
    'pod-disk-full': true;
    'pod-not-writable': true;
    'container-not-found': true;
    'container-restarted': true;
    'jcmd-not-found': true;
    'program-missing': true;
    'debug-container-failed': true;
    'transfer-truncated': true;
    'context-unknown': true;
    'cluster-unreachable': true;
    unauthorized: true;
    forbidden: true;
    'targets-not-found': true;
    'targets-unreadable': true;
    'recording-missing': true;
    'recording-empty': true;
    'recording-not-jfr': true;
    'recording-truncated': true;
    'recording-unfinished': true;
    'stale-recording': true;
    'staging-failed': true;
    'staged-missing': true;
    'staged-corrupt': true;
    'destination-conflict': true;
    'destination-refused': true;
    'destination-unavailable': true;
  }
}

/**
 * Every failure code, and whether a row may name it in `retry`: only what an attempt to collect fails with. Not those of uploads,
 * which have a deadline; of what is permanent anyway; and of attempts that were cut short, which count for nothing.
 */
const mayNameInRetry = {
  'collector-not-found': true,
  'collector-not-executable': true,
  'collector-exited': true,
  'collector-timeout': true,
  'jvm-not-found': true,
  'jvm-refused': true,
  'jvm-ambiguous': true,
  'pod-not-found': true,
  'pod-not-running': true,
  'pod-replaced': true,
  'pod-disk-full': true,
  'pod-not-writable': true,
  'container-not-found': true,
  'container-restarted': true,
  'jcmd-not-found': true,
  'program-missing': true,
  'debug-container-failed': true,
  'transfer-truncated': true,
  'context-unknown': true,
  'cluster-unreachable': true,
  unauthorized: true,
  forbidden: true,
  'recording-missing': true,
  'recording-empty': true,
  'recording-not-jfr': true,
  'recording-truncated': true,
  'recording-unfinished': true,
  'stale-recording': true,
  'staging-failed': true,
  'label-not-requested': true,
  unexpected: true,
  'targets-not-found': false,
  'targets-unreadable': false,
  'collector-unknown': false,
  'staged-missing': false,
  'staged-corrupt': false,
  'destination-conflict': false,
  'destination-refused': false,
  'destination-unavailable': false,
  'deadline-exceeded': false,
  interrupted: false,
  'handed-back': false,
  cancelled: false,
} satisfies Record<FailureCode, boolean>;

/** Every failure code. */
export const failureCodes: readonly string[] = Object.keys(mayNameInRetry);

/** Codes of failures that a row may name in `retry`. */
export const retryCodes: readonly string[] = Object.entries(mayNameInRetry)
  .filter(([, may]) => may)
  .map(([code]) => code);
