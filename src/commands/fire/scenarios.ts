import { timeOf } from '../../events/instant.ts';
import { type Alertname, alertOf, type DrillWebhook, resolved, type Target } from './webhook.ts';

/** What a scenario is given: pods by number, and the moment it begins. */
export interface Stage {
  target: (number: number) => Target;
  count: number;
  startMillis: number;
}

/** Webhooks in a row are sent one after the other; those of one step at once, as far as the concurrency goes. */
export interface Scenario {
  name: string;
  description: string;
  /** What `--count` counts, and how many there are without it. */
  counts: string;
  defaultCount: number;
  steps: (stage: Stage) => DrillWebhook[][];
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'not-responsive',
    description: 'CrateDBCloudNotResponsive, each in a webhook of its own',
    ...{ counts: 'pods', defaultCount: 1 },
    steps: (stage) => numbers(stage).map((number) => [one('CrateDBCloudNotResponsive', stage, number)]),
  },
  {
    name: 'container-restart',
    description: 'CrateDBContainerRestart, each in a webhook of its own',
    ...{ counts: 'pods', defaultCount: 1 },
    steps: (stage) => numbers(stage).map((number) => [one('CrateDBContainerRestart', stage, number)]),
  },
  {
    name: 'resolved',
    description: 'an alert fires, and has resolved a second later: the recording is made all the same',
    ...{ counts: 'pods', defaultCount: 1 },
    steps: (stage) => numbers(stage).flatMap((number) => episode(stage, number, -1_000)),
  },
  {
    name: 'group',
    description: 'many alerts of one group in one webhook, each of another pod',
    ...{ counts: 'alerts', defaultCount: 25 },
    steps: (stage) => [
      [{ alerts: numbers(stage).map((number) => alert('CrateDBContainerRestart', stage, number)) }],
    ],
  },
  {
    name: 'ha-pair',
    description:
      'two Alertmanagers that do not see each other send the same alert at once: the second is a duplicate',
    ...{ counts: 'pods', defaultCount: 1 },
    steps: (stage) =>
      numbers(stage).map((number) => {
        const alerts = [alert('CrateDBCloudNotResponsive', stage, number)];
        return [{ alerts }, { alerts, alertmanager: 1 }];
      }),
  },
  {
    name: 'flapping',
    description:
      'an alert of one pod fires and resolves again and again: one recording, then attached or suppressed',
    ...{ counts: 'times', defaultCount: 3 },
    steps: (stage) => numbers(stage).flatMap((time) => episode(stage, 0, (time - stage.count) * 2_000)),
  },
  {
    name: 'storm',
    description: 'many groups at once, each with an alert of another pod, over many connections',
    ...{ counts: 'webhooks', defaultCount: 200 },
    steps: (stage) => [numbers(stage).map((number) => one('CrateDBContainerRestart', stage, number))],
  },
];

/** Fires, and has resolved a second later by its own times. */
function episode(stage: Stage, number: number, afterMs: number): DrillWebhook[][] {
  const firing = alert('CrateDBContainerRestart', stage, number, afterMs);
  const ended = resolved(firing, timeOf(stage.startMillis + afterMs + 1_000));
  return [[{ alerts: [firing] }], [{ alerts: [ended] }]];
}

function one(alertname: Alertname, stage: Stage, number: number): DrillWebhook {
  return { alerts: [alert(alertname, stage, number)] };
}

function alert(alertname: Alertname, stage: Stage, number: number, afterMs = 0) {
  return alertOf(alertname, stage.target(number), timeOf(stage.startMillis + afterMs));
}

function numbers({ count }: Stage): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
