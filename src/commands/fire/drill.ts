import { timeOf } from '../../events/instant.ts';
import { createApi } from './api.ts';
import { RemoteFailed } from '../remote/http.ts';
import type { Service } from '../remote/service.ts';
import type { Bar } from './bar.ts';
import { createPoster, type Posted } from './post.ts';
import type { Scenario } from './scenarios.ts';
import { type Fate, type FiredAlert, watchFates } from './watch.ts';
import { titledBodyOf } from './titled.ts';
import { bodyOf, type DrillWebhook, type Target } from './webhook.ts';

/** How the alerts of a drill are written, by the format of the source. */
export const bodyForms = { alertmanager: bodyOf, alerts: titledBodyOf };
export type DrillFormat = keyof typeof bodyForms;

export interface DrillOptions {
  service: Service;
  /** Path of the source, and the format that it takes. */
  path: string;
  format: DrillFormat;
  scenario: Scenario;
  count: number;
  concurrency: number;
  waitSeconds: number;
  /** Of a source that wants one. */
  sourceToken: string | undefined;
  target: (number: number) => Target;
  bar: Bar;
  signal: AbortSignal;
}

/** What was sent, and what came of it. */
export interface Drill {
  posted: Posted[];
  /** The firing ones that the service has, each once. */
  alerts: FiredAlert[];
  /** Of alerts that something was decided about. */
  fates: (Fate & { alertId: string })[];
  /** Why nobody looked at what came of it. */
  unseen?: string;
}

/** Fires a scenario and watches what comes of it. Throws CommandFailed where nothing listens. */
export async function runDrill(options: DrillOptions): Promise<Drill> {
  const { service, path, format, scenario, count, concurrency, waitSeconds, target, bar, signal } = options;
  const startMillis = Date.now();
  const steps = scenario.steps({ target, count, startMillis });
  const total = steps.flat().length;
  const post = await createPoster({
    ...{ url: service.url, path, signal, token: options.sourceToken },
    onRetry: (why) => bar.say(`sent again: ${why}`),
  });
  const posted: Posted[] = [];
  const alerts = new Map<string, FiredAlert>();
  for (const webhooks of steps) {
    await atOnce(webhooks, concurrency, async (webhook) => {
      if (signal.aborted) return;
      const result = await post(bodyForms[format](webhook));
      posted.push(result);
      for (const alert of firedIn(webhook, result)) alerts.set(alert.id, alert);
      bar.show('webhooks answered', posted.length, total);
    });
  }
  const drill = { posted, alerts: [...alerts.values()], fates: [] };
  if (waitSeconds === 0) return { ...drill, unseen: 'not watched (--wait 0)' };
  if (drill.alerts.length === 0) return { ...drill, unseen: 'no alert was stored: nothing comes of it' };
  try {
    const fates = await watchFates({
      ...{
        api: createApi(service, signal),
        alerts: drill.alerts,
        signal,
        waitMs: waitSeconds * 1_000,
      },
      since: timeOf(startMillis - clockToleranceMs),
      onLook: (ended, of) => bar.show('alerts that have come to their end', ended, of),
    });
    return { ...drill, fates: [...fates].map(([alertId, fate]) => ({ alertId, ...fate })) };
  } catch (error) {
    if (!(error instanceof RemoteFailed)) throw error;
    return { ...drill, unseen: `cannot be seen here: ${error.message} (role api?)` };
  }
}

/** The clocks of this machine and of the service's differ. */
const clockToleranceMs = 300_000;

/** The alerts of a webhook that fire, by the ids and fingerprints that the service gave them. */
function firedIn({ alerts }: DrillWebhook, { answer }: Posted): FiredAlert[] {
  return alerts.flatMap(({ status, labels, startsAt }, index) => {
    const { id, fingerprint } = answer?.alerts[index] ?? {};
    const { kube_context: kubeContext = '', namespace = '', pod = '' } = labels;
    return status === 'firing' && id && fingerprint
      ? [{ id, fingerprint, startsAt, target: { kubeContext, namespace, pod } }]
      : [];
  });
}

async function atOnce<T>(
  items: readonly T[],
  places: number,
  use: (item: T) => Promise<void>,
): Promise<void> {
  const next = items.values();
  const takeTurns = async () => {
    for (const item of next) await use(item);
  };
  await Promise.all(Array.from({ length: places }, takeTurns));
}
