import { setTimeout as delay } from 'node:timers/promises';
import { captured } from '../support/webhook.ts';
import type { Random } from '../support/random.ts';
import type { Services } from './services.ts';

/** Alertmanager's part: sends alerts until each is answered with 2xx, and remembers what it was told. */
export interface Sender {
  /** Ids of the alerts that were accepted, or told to be duplicates. */
  accepted: Set<string>;
  sent: number;
  refused: number;
  /** Sends one alert about each pod, some of them twice or to two services, and resolves when all were accepted. */
  send: (pods: readonly string[], options?: { startsAt?: string }) => Promise<void>;
}

interface Body {
  alerts: Record<string, unknown>[];
  externalURL: string;
  [field: string]: unknown;
}

const template = JSON.parse(captured('am0.33.1-single_firing')) as Body;
const giveUpAfterMs = 90_000;

export function createSender(services: Services, random: Random): Sender {
  const sender: Sender = { accepted: new Set(), sent: 0, refused: 0, send: () => Promise.resolve() };

  const post = async (body: Body): Promise<boolean> => {
    const target = random.integer(services.count);
    sender.sent += 1;
    try {
      const response = await fetch(`${services.url(target)}/webhook/alertmanager`, {
        method: 'POST',
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(8_000),
      });
      if (response.ok) {
        const { alerts } = (await response.json()) as { alerts: { id: string }[] };
        for (const { id } of alerts) sender.accepted.add(id);
        return true;
      }
      await response.text();
    } catch {
      // Refused, reset or cut: Alertmanager sends again.
    }
    sender.refused += 1;
    return false;
  };

  const untilAccepted = async (body: Body) => {
    const deadline = performance.now() + giveUpAfterMs;
    while (!(await post(body))) {
      if (performance.now() > deadline) throw new Error('no service accepted an alert for 90 s');
      await delay(100 + random.integer(300));
    }
  };

  sender.send = async (pods, { startsAt = new Date().toISOString() } = {}) => {
    const sending = pods.map(async (pod) => {
      const body = bodyFor(pod, startsAt);
      await delay(random.integer(1_500));
      await untilAccepted(body);
      // The other Alertmanager of the pair, or the same one again.
      if (random.chance(0.3))
        await untilAccepted({ ...body, externalURL: 'http://alertmanager-2.example:9093' });
    });
    await Promise.all(sending);
  };
  return sender;
}

function bodyFor(pod: string, startsAt: string): Body {
  const [alert = {}] = template.alerts;
  const { fingerprint: _, ...rest } = alert;
  const labels = { ...(rest['labels'] as object), pod };
  return { ...template, alerts: [{ ...rest, startsAt, labels }] };
}
