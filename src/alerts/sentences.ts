import type { Sentences } from '../kernel/explain/sentence.ts';

type Labels = Record<string, string>;
const nameIn = (labels: Labels) => labels['alertname'] ?? '(no alertname)';
const podIn = ({ pod, sts }: Labels) => (pod ? `pod ${pod}` : sts ? `StatefulSet ${sts}` : 'pod (none)');

export const alertSentences: Sentences<'alert'> = {
  AlertReceived: ({ labels, status }) => `${nameIn(labels)} ${status}, ${podIn(labels)}`,
  AlertRenewed: ({ labels, status, reason }) =>
    `${nameIn(labels)} ${status} again (${reason}), ${podIn(labels)}`,
  AlertDeclined: ({ message }) => message,
  AlertUnanswered: ({ alertname = 'the alert', reason }) =>
    `${alertname} has no recording (${reason}): its next repeat is decided anew`,
};
