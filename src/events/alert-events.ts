import { type Static, Type } from '@sinclair/typebox';

// A name may hold line breaks; the pattern that TypeBox would make skips such names.
const Labels = Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.String());

export const AlertReceived = Type.Object(
  {
    source: Type.String({ description: 'The source that told it: alertmanager.' }),
    receiver: Type.String({ description: 'The receiver of the Alertmanager route, as it was sent.' }),
    groupKey: Type.String(),
    status: Type.Union([Type.Literal('firing'), Type.Literal('resolved')]),
    labels: Labels,
    annotations: Labels,
    startsAt: Type.String({ description: 'RFC 3339, as it was sent.' }),
    endsAt: Type.Optional(Type.String({ description: 'RFC 3339; absent while the alert fires.' })),
    generatorURL: Type.String(),
    externalURL: Type.String(),
    fingerprint: Type.String({ description: 'As it was sent; computed as Prometheus does where absent.' }),
    receivedAt: Type.String({ description: 'RFC 3339: when ingest took it.' }),
    notificationReason: Type.Optional(Type.String()),
    truncated: Type.Optional(
      Type.Array(Type.String(), {
        description: 'What was left out to fit max_payload: annotations.NAME, labels.NAME.',
      }),
    ),
  },
  { description: 'An alert as a source told it. Stored once per fingerprint, startsAt and status.' },
);

export const AlertDeclined = Type.Object(
  {
    alertId: Type.String(),
    alertname: Type.Optional(Type.String()),
    fingerprint: Type.String(),
    startsAt: Type.String({ description: 'RFC 3339, of the alert.' }),
    reason: Type.Union([Type.Literal('missing-label'), Type.Literal('invalid-label')]),
    label: Type.String({ description: 'The label that is missing or not usable.' }),
    message: Type.String(),
  },
  { description: 'The policy wants a collection, but the alert does not say of what.' },
);

export type AlertReceivedData = Static<typeof AlertReceived>;
