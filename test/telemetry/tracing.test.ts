import { expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { recordingsBucket } from '../../src/log/streams/definitions.ts';
import { listObjects } from '../../src/log/objects/store.ts';
import { useNats } from '../support/nats.ts';
import { type ReceivedSpan, useOtlpReceiver } from '../support/otlp.ts';
import { quickRules, useServices } from '../support/service.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const spans = useOtlpReceiver();
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const sender = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${sender}-01`;

const post = (url: string) =>
  fetch(`${url}/webhook/alertmanager`, {
    method: 'POST',
    headers: { traceparent },
    body: captured('am0.33.1-single_firing'),
  });

it('one trace goes from the webhook through every event, span and attempt to the recording', async () => {
  const url = nats.freshUrl();
  const rules = quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.05, backoff: { initialSeconds: 0 } }
collectors: { sim: { driver: simulated, failTimes: 1 } }
`);
  const service = await start(url, { rules, traces: true });
  await post(service.url);
  const [collection] = await service.whenState('uploaded');
  const { events } = await service.get(`/api/v1/collections/${collection?.id ?? ''}`);
  const objects = await listObjects(service.app.log.connection, recordingsBucket);
  await service.close();

  const mine = spans.filter((span) => span.traceId === traceId);
  const chain = (span: ReceivedSpan | undefined): string[] => {
    if (!span) return [];
    if (span.parentSpanId === sender) return [span.name, 'sender'];
    return [span.name, ...chain(mine.find(({ spanId }) => spanId === span.parentSpanId))];
  };
  const uploads = mine.filter(({ name }) => name === 'upload');
  expect(uploads).toHaveLength(1);
  expect(chain(uploads[0])).toEqual([
    ...['upload', 'upload JfrCollected', 'record', 'collect CollectionRequested'],
    ...['intake AlertReceived', 'POST /webhook/alertmanager', 'sender'],
  ]);
  const recorded = mine.filter(({ name }) => name === 'record').map(({ status }) => status.code ?? 0);
  expect(recorded.sort()).toEqual([0, 2]);
  expect(events.map(({ type }) => type)).toContain('CollectionAttemptFailed');
  expect(objects[0]?.metadata['traceparent']).toBe(`00-${traceId}-${uploads[0]?.spanId ?? ''}-01`);
});

it('without an endpoint the traceparent of the webhook goes on as it came', async () => {
  const before = spans.length;
  const service = await start(nats.freshUrl());
  await post(service.url);
  await service.whenState('uploaded');
  const objects = await listObjects(service.app.log.connection, recordingsBucket);
  expect(objects[0]?.metadata['traceparent']).toBe(traceparent);
  await service.close();
  expect(spans).toHaveLength(before);
});

it('is on where OpenTelemetry has an endpoint, and off where it is told to be', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  expect(readConfig({}).traces).toBe(false);
  expect(readConfig(endpoint).traces).toBe(true);
  expect(readConfig({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).traces).toBe(false);
  expect(readConfig({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }).traces).toBe(false);
});

it('an endpoint that is away holds up neither the work nor the end', async () => {
  process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] = 'http://127.0.0.1:1/v1/traces';
  const service = await start(nats.freshUrl(), { traces: true });
  await post(service.url);
  await service.whenState('uploaded');
  const closing = performance.now();
  await service.close();
  delete process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  expect(performance.now() - closing).toBeLessThan(10_000);
});
