import type { Attributes } from '@opentelemetry/api';
import type { Logger } from './logger.ts';

/** Spans of the work that this process does; each is known to the next process by the traceparent in the event. */
export interface Tracing {
  /** Does the work in a span below the caller's `traceparent`. What the work throws is recorded in it and thrown on. */
  span: <T>(name: string, about: SpanAbout, work: (span: Span) => Promise<T>) => Promise<T>;
  /** Sends what has not been sent yet, for at most a few seconds. */
  close: () => Promise<void>;
}

export interface SpanAbout {
  /** W3C traceparent of the cause. */
  traceparent: string | undefined;
  /** Span kind of OpenTelemetry; absent: internal. */
  kind?: 'server' | 'consumer';
  attributes?: Attributes;
}

export interface Span {
  /** For what is caused within: of this span where spans are exported, else that of the cause. */
  traceparent: string | undefined;
  /** The work did not succeed, though it throws nothing. */
  fail: (message: string) => void;
}

const ignore = () => undefined;

/** Passes each traceparent on as it came, and costs nothing. */
export const noTracing: Tracing = {
  span: (_name, { traceparent }, work) => work({ traceparent, fail: ignore }),
  close: () => Promise.resolve(),
};

/** The SDK is loaded only where there is somebody to send spans to. */
export async function createTracing(isExported: boolean, logger: Logger): Promise<Tracing> {
  if (!isExported) return noTracing;
  const { otlpTracing } = await import('./otlp-tracing.ts');
  return otlpTracing(logger);
}

/** The trace id in a W3C traceparent, as log lines name it. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1];
}
