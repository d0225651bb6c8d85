import { type DestinationStream, type Logger, pino } from 'pino';
import { bounded } from './bounded.ts';
import { escapedJson } from './printable.ts';
import { traceIdOf } from './tracing.ts';

export type { Logger } from 'pino';

/**
 * What a line about an alert or a collection is found by; what senders say is bounded in it. `correlationId` is the id of the
 * alert it began with.
 */
export interface LogSubject {
  alertname?: string | undefined;
  severity?: string | undefined;
  /** The source of the alert, as it is configured. */
  source?: string | undefined;
  /** That of Alertmanager's route. */
  receiver?: string | undefined;
  kubeContext?: string | undefined;
  namespace?: string | undefined;
  pod?: string | undefined;
  /** The StatefulSet. */
  sts?: string | undefined;
  correlationId?: string | undefined;
  collectionId?: string | undefined;
  /** W3C traceparent; its trace id stands in the line. */
  traceparent?: string | undefined;
}

/** JSON lines on stdout (or to `destination`), ISO times, levels by name. */
export function createLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

/** The same for people, also on stdout. In colour on a terminal, unless NO_COLOR is set (https://no-color.org). */
export async function createPrettyLogger(level: string, env: NodeJS.ProcessEnv): Promise<Logger> {
  // Loaded here alone: JSON has no use for it.
  const { prettyLines } = await import('./pretty.ts');
  const isColoured = process.stdout.isTTY && !env['NO_COLOR'];
  return createLogger(level, prettyLines(standardOutput(), isColoured));
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
    stdout.write(escapedLines(lines));
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

/** Nothing that a sender chose may end a line, or turn it around, in what shows the log. */
function escapedLines(lines: string): string {
  // Almost all of them are ASCII, which this finds out much faster.
  return Buffer.byteLength(lines) === lines.length ? lines : escapedJson(lines);
}

/** A logger whose every line names the alert, the pod and the correlation id. */
export function loggerAbout(logger: Logger, subject: LogSubject): Logger {
  return logger.child(fieldsAbout(subject));
}

/** The same for one line, where a logger of its own would cost more than the line. */
export function fieldsAbout(subject: LogSubject): object {
  const { alertname, severity, source, receiver, kubeContext, namespace, pod, sts } = subject;
  const { correlationId, collectionId, traceparent } = subject;
  return {
    ...{ alertname: ofSender(alertname), severity: ofSender(severity), source, receiver: ofSender(receiver) },
    ...{ kube_context: ofSender(kubeContext), namespace: ofSender(namespace) },
    ...{ pod: ofSender(pod), sts: ofSender(sts) },
    ...{ correlationId, collectionId, trace_id: traceIdOf(traceparent) },
  };
}

/** What a line says of an alert. */
export function subjectOf({ source, receiver, labels }: LoggedAlert): LogSubject {
  const { alertname, severity, kube_context: kubeContext, namespace, pod, sts } = labels;
  return { alertname, severity, source, receiver: receiver || undefined, kubeContext, namespace, pod, sts };
}

/** One that was found by its search has forgotten who told it. */
interface LoggedAlert {
  source?: string;
  receiver?: string;
  labels: Readonly<Record<string, string>>;
}

function ofSender(text: string | undefined): string | undefined {
  return text === undefined ? undefined : bounded(text);
}
