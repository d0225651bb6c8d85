import { setTimeout as delay } from 'node:timers/promises';
import { captured } from '../support/webhook.ts';
import type { Random } from '../support/random.ts';
import type { Services } from './services.ts';

/** Alertmanager's part: sends alerts until each is answered with 2xx, and remembers what it was told. */
export interface Sender {
  /** Ids of the alerts that were accepted, or told to be duplicates. */
  accepted: Set<string>;
  sent: number;
  /** Requests by how they ended: a status, or that there was no answer. */
  answers: Map<string, number>;
  /** Sends one alert about each pod, some of them twice or to two services, and resolves when all were accepted. */
  send: (pods: readonly string[]) => Promise<void>;
  /** Tells so many of the earlier alerts again, as the other Alertmanager of a pair does after hours. */
  repeat: (count: number) => Promise<void>;
}

interface Body {
  alerts: Record<string, unknown>[];
  externalURL: string;
  [field: string]: unknown;
}

const template = JSON.parse(captured('am0.33.1-single_firing')) as Body;
const giveUpAfterMs = 180_000;
/** When alerts say that they began: mostly now, but clocks are wrong and some alerts are old. */
const oddStarts = [
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00.000000001Z',
  '2099-12-31T23:59:59.999999999Z',
];

export function createSender(services: Services, random: Random): Sender {
  const sender: Sender = {
    accepted: new Set(),
    sent: 0,
    answers: new Map(),
    send: () => Promise.resolve(),
    repeat: () => Promise.resolve(),
  };
  const told: Body[] = [];
  const count = (answer: string) => sender.answers.set(answer, (sender.answers.get(answer) ?? 0) + 1);

  const post = async (body: Body): Promise<boolean> => {
    const target = random.integer(services.count);
    sender.sent += 1;
    const response = await fetch(`${services.url(target)}/webhook/alertmanager`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(8_000),
    }).catch(() => undefined);
    // Refused, reset or cut: Alertmanager sends again.
    const answer = await response?.text().catch(() => undefined);
    count(response && answer !== undefined ? String(response.status) : 'no answer');
    if (!response || answer === undefined) return false;
    // Alertmanager does not send again after this: the alert would be lost.
    if (response.status >= 400 && response.status < 500)
      throw new Error(`answered ${String(response.status)}: ${answer}`);
    if (!response.ok) return false;
    const { alerts } = JSON.parse(answer) as { alerts: { id: string }[] };
    for (const { id } of alerts) sender.accepted.add(id);
    return true;
  };

  const untilAccepted = async (body: Body) => {
    const deadline = performance.now() + giveUpAfterMs;
    while (!(await post(body))) {
      if (performance.now() > deadline) throw new Error('no service accepted an alert for 3 minutes');
      await delay(100 + random.integer(300));
    }
  };

  /** It ends, and fires again with the same start; it ends again, or the other Alertmanager of the pair says so late. */
  const returns = async (body: Body) => {
    const resolved = { ...body, alerts: body.alerts.map((alert) => ({ ...alert, status: 'resolved' })) };
    await untilAccepted(resolved);
    await untilAccepted(random.chance(0.5) ? body : fromTheOther(body));
    if (random.chance(0.5)) await untilAccepted(fromTheOther(resolved));
  };

  sender.send = async (pods) => {
    const now = new Date().toISOString();
    const sending = pods.map(async (pod) => {
      const startsAt = random.chance(0.1) ? random.pick(oddStarts) : now;
      // More than a pod remembers.
      const body = bodyFor(pod, startsAt, random.chance(0.05) ? 150 : 1);
      told.push(body);
      await delay(random.integer(1_500));
      await untilAccepted(body);
      // The other Alertmanager of the pair, or the same one again.
      if (random.chance(0.3)) await untilAccepted(fromTheOther(body));
      if (random.chance(0.2)) await returns(body);
    });
    await Promise.all(sending);
  };
  sender.repeat = async (count) => {
    const bodies = Array.from({ length: count }, () => random.pick(told));
    await Promise.all(bodies.map((body) => untilAccepted(fromTheOther(body))));
  };
  return sender;
}

/** One about a whole StatefulSet names it, and no pod. */
function bodyFor(pod: string, startsAt: string, count: number): Body {
  const about = pod.startsWith('whole-') ? { pod: '', sts: pod.slice('whole-'.length) } : { pod };
  const [alert = {}] = template.alerts;
  const { fingerprint: _, ...rest } = alert;
  const alerts = Array.from({ length: count }, (_each, number) => {
    const labels = {
      ...(rest['labels'] as object),
      ...about,
      ...(number === 0 ? {} : { number: String(number) }),
    };
    return { ...rest, startsAt, labels };
  });
  return { ...template, alerts };
}

function fromTheOther(body: Body): Body {
  return { ...body, externalURL: 'http://alertmanager-2.example:9093' };
}
