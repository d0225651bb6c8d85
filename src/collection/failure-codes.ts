/** What collecting and uploading may fail with. */
declare module '../kernel/react/failures.ts' {
  interface FailureCodes {
    'collector-unknown': true;
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
    'staging-failed': true;
    'staged-missing': true;
    'staged-corrupt': true;
    'destination-conflict': true;
    'destination-refused': true;
    'destination-unavailable': true;
  }
}

export {};
