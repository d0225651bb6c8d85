import type { Random } from '../../support/random.ts';
import { hostileText, hostileValue, oddTime, put } from './hostile.ts';
import type { Json } from './mutations.ts';
import { weighted } from './weighted.ts';

/** The same alerts as a body of `format: alerts`, changed in the ways of that format. */
export function titled(alerts: unknown[], random: Random): Json {
  const body: Json = {
    alerts: alerts.map((alert) => (isRecord(alert) ? titledAlert(alert, random) : alert)),
  };
  if (random.chance(0.2))
    put(body, 'batch_id', random.pick(['b', 'x'.repeat(256), 'x'.repeat(257), '', 7, null]));
  if (random.chance(0.2))
    put(body, 'metadata', random.pick([{}, { a: 'x'.repeat(5_000) }, { a: [1] }, [], 'x', null]));
  if (random.chance(0.03)) put(body, 'alerts', hostileValue(random));
  return body;
}

function titledAlert({ labels, annotations, startsAt, status }: Json, random: Random): Json {
  const { alertname, severity, ...context } = isRecord(labels) ? labels : {};
  const alert: Json = { title: alertname, severity, context, data: annotations, status };
  if (random.chance(0.7)) put(alert, 'startsAt', startsAt);
  for (let left = random.pick([0, 0, 0, 1, 2]); left > 0; left -= 1) {
    weighted(random, [
      [3, () => put(alert, random.pick(fields), hostileText(random))],
      [2, () => put(alert, random.pick(fields), hostileValue(random))],
      [2, () => put(alert, random.pick(['startsAt', 'timestamp', 'endsAt']), oddTime(random))],
      [
        1,
        () => put(alert, 'id', random.pick([4711, '4711', 'x'.repeat(256), 'x'.repeat(257), '', 1.5, 1e20])),
      ],
      [
        1,
        () =>
          put(alert, random.pick(['context', 'data', 'metrics']), {
            [hostileText(random)]: hostileValue(random),
          }),
      ],
      [1, () => Reflect.deleteProperty(alert, random.pick(fields))],
    ]);
  }
  return alert;
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const fields = [
  ...['title', 'description', 'type', 'severity', 'source', 'context', 'data', 'metrics'],
  ...['status', 'startsAt', 'timestamp', 'endsAt', 'id'],
];
