import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { fingerprintOf } from '../../events/fingerprint.ts';
import { nanosOf } from '../../events/instant.ts';
import { alertnameOf, labelsOf } from './alert-labels.ts';
import {
  firstFault,
  isRecord,
  type ParsedAlert,
  type ParsedBody,
  type Reception,
  textOf,
  type UntakenAlert,
} from './parsed.ts';

const anything = Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.Unknown(), {
  description: 'an object',
});
const time = (description: string) => Type.Optional(Type.String({ description }));
const timeForms = 'an RFC 3339 time; one without an offset is UTC';

/** One alert of such a body. What is not named here is not kept. */
export const Alert = Type.Object({
  title: Type.String({ minLength: 1, description: 'a title: the label alertname is made of it' }),
  description: Type.Optional(Type.String()),
  type: Type.Optional(Type.String({ description: 'a text such as performance: the label type' })),
  severity: Type.Optional(
    Type.String({ description: 'a text such as high: the label severity, in small letters' }),
  ),
  source: Type.Optional(
    Type.Object(
      { name: Type.Optional(Type.String()), type: Type.Optional(Type.String()) },
      { description: 'an object with name and type: the labels source and source_type' },
    ),
  ),
  context: Type.Optional(anything),
  data: Type.Optional(anything),
  metrics: Type.Optional(anything),
  status: Type.Optional(
    Type.String({
      pattern: '^([Ff][Ii][Rr][Ii][Nn][Gg]|[Rr][Ee][Ss][Oo][Ll][Vv][Ee][Dd])$',
      description: 'firing (the default) or resolved',
    }),
  ),
  startsAt: time(`${timeForms}: since when it fires`),
  timestamp: time(`${timeForms}: stands for startsAt where that is absent`),
  endsAt: time(timeForms),
  id: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Integer()], {
      description: 'a text of up to 256 characters, or an integer, that names this alert: the label alert_id',
    }),
  ),
});

/** The body. The alerts are checked one by one, so that one malformed alert does not lose the others. */
export const AlertsWebhook = Type.Object({
  alerts: Type.Array(Type.Unknown(), { description: 'a list of alerts' }),
  batch_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'a text of up to 256 characters' }),
  ),
  metadata: Type.Optional(anything),
});

type Alert = Static<typeof Alert>;
type Body = Static<typeof AlertsWebhook>;

/** What is told of a request besides its body. */
export interface AlertsReception extends Reception {
  /** The header Idempotency-Key, or what stands for it where bodies are signed. */
  idempotencyKey?: string | undefined;
}

/** What a source may say; absent: anything. An alert without a severity or a type is taken in any case. */
export interface AllowedValues {
  /** Compared without regard to case, as the label is in small letters. */
  severities?: readonly string[];
  types?: readonly string[];
}

const bodyCheck = TypeCompiler.Compile(AlertsWebhook);
const alertCheck = TypeCompiler.Compile(Alert);

const maxKeyLength = 256;
/** It is kept with every alert: more would multiply with their number. */
const maxMetadataLength = 4_096;

/** Reads the JSON of a body of `alerts` with titles. `receivedAt` is RFC 3339. */
export function parseAlerts(
  body: unknown,
  reception: AlertsReception,
  allowed: AllowedValues = {},
): ParsedBody {
  const { idempotencyKey = '' } = reception;
  if (!bodyCheck.Check(body)) return { fault: firstFault(bodyCheck, body) };
  if (idempotencyKey.length > maxKeyLength) {
    const message = `the header Idempotency-Key is longer than ${String(maxKeyLength)} characters`;
    return { fault: { path: '/', message } };
  }
  const metadata = jsonOf(body.metadata ?? {});
  if (metadata === undefined) return { fault: { path: '/metadata', message: 'it is nested too deep' } };
  const around = metadata === '{}' || metadata.length > maxMetadataLength ? {} : { metadata };
  const faultOf = allowedFault(allowed);
  return {
    alerts: body.alerts.map((alert, index) => {
      const parsed = parseAlert(body, alert, index, around, reception);
      const fault = 'alert' in parsed ? faultOf(alert as Alert) : undefined;
      return fault === undefined ? parsed : rejected(alert, `/alerts/${String(index)}${fault}`);
    }),
  };
}

function parseAlert(
  body: Body,
  alert: unknown,
  index: number,
  around: Record<string, string>,
  reception: AlertsReception,
): ParsedAlert {
  const at = `/alerts/${String(index)}`;
  if (!alertCheck.Check(alert)) {
    const { path, message } = firstFault(alertCheck, alert);
    return rejected(alert, `${at}${path === '/' ? '' : path}: ${message}`);
  }
  const alertname = alertnameOf(alert.title);
  if (alertname === '') return rejected(alert, `${at}/title: Expected a title that is not blank`);
  for (const field of ['startsAt', 'timestamp', 'endsAt'] as const) {
    const text = alert[field];
    if (text !== undefined && nanosOf(inUtc(text)) === undefined)
      return rejected(alert, `${at}/${field}: Expected an RFC 3339 time`);
  }
  const startsAt = alert.startsAt ?? alert.timestamp;
  // A time tells one occurrence from the next. Without one, what the sender calls it has to.
  const isOnce = startsAt === undefined;
  const alertId = alert.id === undefined && !isOnce ? undefined : keyOf(alert, body, index, reception);
  const { labels, rest } = labelsOf(alert, alertname, alertId);
  const annotations = annotationsOf(alert, rest);
  if (!annotations) return rejected(alert, `${at}: it is nested too deep`);
  return {
    alert: {
      ...{ source: reception.source, receiver: '', groupKey: body.batch_id ?? '' },
      status: alert.status?.toLowerCase() === 'resolved' ? 'resolved' : 'firing',
      labels,
      annotations: { ...annotations, ...around },
      startsAt: isOnce ? reception.receivedAt : inUtc(startsAt),
      ...(alert.endsAt === undefined ? {} : { endsAt: inUtc(alert.endsAt) }),
      ...{ generatorURL: '', externalURL: '' },
      fingerprint: fingerprintOf(labels),
      receivedAt: reception.receivedAt,
    },
    ...(isOnce && alertId !== undefined ? { once: true } : {}),
  };
}

/** Finds what an alert says that its source may not say. The value itself is not repeated. */
function allowedFault({ severities, types }: AllowedValues): (alert: Alert) => string | undefined {
  const known = severities && new Set(severities.map((each) => each.toLowerCase()));
  return ({ severity, type }) => {
    if (known && severity && !known.has(severity.toLowerCase()))
      return `/severity: Expected one of ${[...known].join(', ')}`;
    return types && type && !types.includes(type) ? `/type: Expected one of ${types.join(', ')}` : undefined;
  };
}

/** What the sender calls this alert; undefined where it says nothing that would be the same the next time. */
function keyOf(
  { id }: Alert,
  { batch_id: batchId }: Body,
  index: number,
  { idempotencyKey }: AlertsReception,
): string | undefined {
  if (id !== undefined) return String(id);
  const request = batchId ?? (idempotencyKey || undefined);
  return request === undefined ? undefined : `${request}/${String(index)}`;
}

function annotationsOf(
  { title, description, metrics }: Alert,
  rest: { context: object; data: object },
): Record<string, string> | undefined {
  const annotations: Record<string, string> = { title, ...(description ? { description } : {}) };
  for (const [name, value] of Object.entries({ metrics: metrics ?? {}, ...rest })) {
    const json = jsonOf(value);
    if (json === undefined) return undefined;
    if (json !== '{}') annotations[name] = json;
  }
  return annotations;
}

/** Undefined for what is nested deeper than it can be written: it can be read all the same. */
function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Many a sender leaves the offset out and means UTC: Python's `datetime.utcnow().isoformat()`. */
function inUtc(text: string): string {
  return /T\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(text) ? `${text}Z` : text;
}

function rejected(alert: unknown, reason: string): UntakenAlert {
  const title = isRecord(alert) ? textOf(alert['title']) : null;
  return { result: 'rejected', reason, fingerprint: null, alertname: title };
}
