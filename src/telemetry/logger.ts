import { type DestinationStream, type Logger, pino } from 'pino';
import { bounded } from './bounded.ts';
import { traceIdOf } from './tracing.ts';

export type { Logger } from 'pino';

/**
 * What a line about an alert or a collection is found by; what senders say is bounded in it. `correlationId` is the id of the
 * alert it began with.
 */
export interface LogSubject {
  alertname?: string | undefined;
  kubeContext?: string | undefined;
  namespace?: string | undefined;
  pod?: string | undefined;
  correlationId?: string | undefined;
  collectionId?: string | undefined;
  /** W3C traceparent; its trace id stands in the line. */
  traceparent?: string | undefined;
}

/** JSON lines on stdout (or to `destination`), ISO times, levels by name. */
export function createLogger(level: string, destination = standardOutput()): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

let output: DestinationStream | undefined;

/** That of the process, whatever number of loggers write to it. */
function standardOutput(): DestinationStream {
  return (output ??= openStandardOutput());
}

/** One write for all lines of one turn of the event loop: a burst of alerts has a line each. */
function openStandardOutput(): DestinationStream {
  const stdout = pino.destination({ dest: 1, sync: true });
  let lines = '';
  const flush = () => {
    stdout.write(lines);
    lines = '';
  };
  process.once('exit', () => {
    if (lines !== '') flush();
  });
  return {
    write: (line) => {
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}

/** A logger whose every line names the alert, the pod and the correlation id. */
export function loggerAbout(logger: Logger, subject: LogSubject): Logger {
  return logger.child(fieldsAbout(subject));
}

/** The same for one line, where a logger of its own would cost more than the line. */
export function fieldsAbout(subject: LogSubject): object {
  const { alertname, kubeContext, namespace, pod, correlationId, collectionId, traceparent } = subject;
  return {
    ...{ alertname: ofSender(alertname), kube_context: ofSender(kubeContext) },
    ...{ namespace: ofSender(namespace), pod: ofSender(pod) },
    ...{ correlationId, collectionId, trace_id: traceIdOf(traceparent) },
  };
}

function ofSender(text: string | undefined): string | undefined {
  return text === undefined ? undefined : bounded(text);
}
