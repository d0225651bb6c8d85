import {
  context,
  diag,
  DiagLogLevel,
  isSpanContextValid,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import type { SpanAbout, Tracing } from './tracing.ts';

/** An endpoint that is away must not hold up the end of the service. */
const closeGraceMs = 3_000;
const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER };

/**
 * Exports spans by OTLP over HTTP (JSON). Where to, with which headers, certificates and time-outs, and the resource's
 * attributes are OpenTelemetry's own environment variables (OTEL_EXPORTER_OTLP_*, OTEL_RESOURCE_ATTRIBUTES,
 * OTEL_SERVICE_NAME). A cause that is not sampled makes its spans not sampled; without a cause all are. What cannot be
 * sent is dropped and logged: spans hold up nothing.
 */
export function otlpTracing(logger: Logger): Tracing {
  const warn = (message: string) => logger.warn(`tracing: ${message}`);
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'alert-watcher' }))
      .merge(detectResources({ detectors: [hostDetector, envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer('alert-watcher');
  return {
    span: async (name, about, work) => {
      const { kind, attributes = {} } = about;
      const options = { attributes, ...(kind === undefined ? {} : { kind: kinds[kind] }) };
      const span = tracer.startSpan(name, options, parentOf(about));
      try {
        return await work({ traceparent: traceparentOf(span), fail: (message) => fail(span, message) });
      } catch (error) {
        if (error instanceof Error) span.recordException(error);
        fail(span, error instanceof Error ? error.message : String(error));
        throw error;
      } finally {
        span.end();
      }
    },
    close: () => Promise.race([provider.shutdown(), delay(closeGraceMs, undefined, { ref: false })]),
  };
}

const ignore = () => undefined;

function fail(span: OtelSpan, message: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

function parentOf({ traceparent = '' }: SpanAbout) {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  const base = context.active();
  return isSpanContextValid(parent) ? trace.setSpanContext(base, parent) : base;
}

function traceparentOf(span: OtelSpan): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
}
