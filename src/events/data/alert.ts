import { type Static, Type } from '@sinclair/typebox';
import { labels } from './fields.ts';

/** `source` of the AlertReceived that a request by hand is kept as. The intake leaves those alone: they are decided at once. */
export const byHandSource = 'api';

export const AlertReceived = Type.Object(
  {
    source: Type.String({ description: 'The source that told it, as it is configured: alertmanager.' }),
    receiver: Type.String({ description: 'The receiver of the Alertmanager route, as it was sent.' }),
    groupKey: Type.String({
      description:
        'The group that Alertmanager sent it in; else the batch. Empty where it repeats what redact leaves out.',
    }),
    status: Type.Union([Type.Literal('firing'), Type.Literal('resolved')], {
      description: 'resolved once the alert has ended.',
    }),
    labels: labels(
      'Labels of the alert, as they were sent, but for what redact leaves out or masks; what they are is up to the alert rule.',
    ),
    annotations: labels(
      'Annotations of the alert, as they were sent, but for what redact leaves out or masks.',
    ),
    startsAt: Type.String({
      description: 'RFC 3339, as it was sent; when it was received where no time was.',
    }),
    endsAt: Type.Optional(Type.String({ description: 'RFC 3339; absent while the alert fires.' })),
    generatorURL: Type.String({
      description:
        'Page of the alert rule in Prometheus; empty where none was sent, or where it repeats what redact leaves out.',
    }),
    externalURL: Type.String({ description: 'Address of the Alertmanager; empty where none was sent.' }),
    fingerprint: Type.String({ description: 'As it was sent; computed as Prometheus does where absent.' }),
    ownFingerprint: Type.Optional(
      Type.Boolean({
        description:
          'True: the fingerprint is that of the labels as they were sent, some of which are not stored or are masked (redact).',
      }),
    ),
    receivedAt: Type.String({ description: 'RFC 3339: when ingest took it.' }),
    notificationReason: Type.Optional(
      Type.String({ description: 'Why Alertmanager told it now, where Alertmanager says so.' }),
    ),
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
    alertId: Type.String({ description: 'The id of the AlertReceived.' }),
    alertname: Type.Optional(Type.String({ description: 'Label alertname, where the alert has one.' })),
    fingerprint: Type.String({ description: 'Of the alert.' }),
    startsAt: Type.String({ description: 'RFC 3339, of the alert.' }),
    reason: Type.Union([Type.Literal('missing-label'), Type.Literal('invalid-label')], {
      description: 'The label is absent or empty, or its value is no name.',
    }),
    label: Type.String({ description: 'The label that is missing or not usable.' }),
    message: Type.String({ description: 'The same for people.' }),
  },
  {
    description:
      'The policy wants a collection, but the alert does not say of what, or lacks a label that its collector needs.',
  },
);

export const AlertRenewed = Type.Object(
  {
    alertId: Type.String({ description: 'The id of the AlertReceived of this status.' }),
    reason: Type.Union([Type.Literal('returned'), Type.Literal('repeated'), Type.Literal('changed')], {
      description:
        'returned: it was told with the other status meanwhile. repeated: it fires on, and nothing came of it before (AlertUnanswered). changed: its annotations are others.',
    }),
    repeat: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'With repeated: that of the AlertUnanswered, where it has one.',
      }),
    ),
    collectionId: Type.Optional(
      Type.String({ description: 'With repeated: the collection that failed, where one did.' }),
    ),
    ...AlertReceived.properties,
  },
  {
    description: 'An alert that is on the stream was told again, and that is news. It is as it was told now.',
  },
);

export const AlertUnanswered = Type.Object(
  {
    alertId: Type.String({ description: 'The id of the AlertReceived.' }),
    alertname: Type.Optional(Type.String({ description: 'Label alertname, where the alert has one.' })),
    fingerprint: Type.String({ description: 'Of the alert.' }),
    startsAt: Type.String({ description: 'RFC 3339, of the alert.' }),
    reason: Type.Union([Type.Literal('stale'), Type.Literal('failed')], {
      description:
        'It was too old when it was decided, its collection failed, or the pods of its StatefulSet were not found.',
    }),
    collectionId: Type.Optional(Type.String({ description: 'The collection that failed.' })),
    repeat: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Counts the collections that repeats of the alert lead to.' }),
    ),
  },
  { description: 'A firing alert has no recording, and its next repeat is decided anew (AlertRenewed).' },
);

export type AlertReceivedData = Static<typeof AlertReceived>;
export type AlertRenewedData = Static<typeof AlertRenewed>;
