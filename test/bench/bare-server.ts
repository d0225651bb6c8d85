// The ceiling of the webhook: a bare Fastify route with the webhook's schema that publishes the same subjects, headers and
// bytes, one awaited publish for each alert, and nothing else: no parsing of ours, no limits, no logs, no metrics.
import { Type } from '@sinclair/typebox';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify } from 'fastify';
import { connect, headers as natsHeaders } from 'nats';
import { createHash } from 'node:crypto';

const Labels = Type.Record(Type.String(), Type.String());
const Webhook = Type.Object({
  version: Type.Literal('4'),
  receiver: Type.String(),
  groupKey: Type.String(),
  externalURL: Type.String(),
  alerts: Type.Array(
    Type.Object({
      status: Type.String(),
      labels: Labels,
      annotations: Labels,
      startsAt: Type.String(),
      endsAt: Type.String(),
      generatorURL: Type.String(),
      fingerprint: Type.String(),
    }),
  ),
});

const nc = await connect({ servers: process.env['NATS_URL'] ?? '' });
const js = nc.jetstream();
const app = fastify({ bodyLimit: 32 * 1024 * 1024 }).withTypeProvider<TypeBoxTypeProvider>();

app.get('/ready', () => ({}));
app.post('/webhook/alertmanager', { schema: { body: Webhook } }, async ({ body }) => {
  const { receiver, groupKey, externalURL } = body;
  const receivedAt = new Date().toISOString();
  const publish = async ({ endsAt: _, ...alert }: (typeof body.alerts)[number]) => {
    const { fingerprint, startsAt, status } = alert;
    const nanos = `${String(Date.parse(startsAt))}000000`;
    const id = createHash('sha256').update(`${fingerprint}\0${nanos}\0${status}`).digest('hex');
    const tail = [alert.labels['alertname'] ?? '', fingerprint, nanos, status];
    const header = natsHeaders();
    header.set('Nats-Msg-Id', id);
    header.set('ce-specversion', '1.0');
    header.set('ce-id', id);
    header.set('ce-type', 'AlertReceived');
    header.set('ce-source', '/alert-watcher/ingest');
    header.set('ce-time', receivedAt);
    header.set('ce-subject', tail.join('/'));
    header.set('content-type', 'application/json');
    header.set('traceparent', `00-${id.slice(0, 32)}-${id.slice(32, 48)}-01`);
    header.set('Nats-Expected-Last-Subject-Sequence', '0');
    const data = { source: 'alertmanager', receiver, groupKey, ...alert, externalURL, receivedAt };
    const text = JSON.stringify(data);
    await js.publish(`aw.alert.${tail.join('.')}.AlertReceived`, text, { headers: header });
    return { fingerprint, alertname: alert.labels['alertname'] ?? null, id, result: 'accepted' };
  };
  const alerts = await Promise.all(body.alerts.map(publish));
  return { accepted: alerts.length, duplicates: 0, alerts };
});

process.once('SIGTERM', () => void app.close().then(() => nc.close()));
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']), backlog: 4_096 });
