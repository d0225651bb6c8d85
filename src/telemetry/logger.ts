import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** What a line about an alert or a collection is found by. `correlationId` is the id of the alert it began with. */
export interface LogSubject {
  alertname?: string | undefined;
  kubeContext?: string | undefined;
  namespace?: string | undefined;
  pod?: string | undefined;
  correlationId?: string | undefined;
  collectionId?: string | undefined;
}

/** JSON lines on stdout, ISO times, levels by name. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** A logger whose every line names the alert, the pod and the correlation id. */
export function loggerAbout(logger: Logger, subject: LogSubject): Logger {
  const { alertname, kubeContext, namespace, pod, correlationId, collectionId } = subject;
  return logger.child({ alertname, kube_context: kubeContext, namespace, pod, correlationId, collectionId });
}
