/** What running a program may fail with. */
declare module '../kernel/react/failures.ts' {
  interface FailureCodes {
    'collector-not-found': true;
    'collector-not-executable': true;
    'collector-exited': true;
    'collector-timeout': true;
  }
}

export {};
