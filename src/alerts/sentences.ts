import type { Sentences } from '../kernel/explain/sentence.ts';

type Labels = Record<string, string>;
const nameIn = (labels: Labels) => labels['alertname'] ?? '(no alertname)';
const podIn = (labels: Labels) => labels['pod'] ?? '(none)';

export const alertSentences: Sentences<'alert'> = {
  AlertReceived: ({ labels, status }) => `${nameIn(labels)} ${status}, pod ${podIn(labels)}`,
  AlertRenewed: ({ labels, status, reason }) =>
    `${nameIn(labels)} ${status} again (${reason}), pod ${podIn(labels)}`,
  AlertDeclined: ({ message }) => message,
  AlertUnanswered: ({ alertname = 'the alert', reason }) =>
    `${alertname} has no recording (${reason}): its next repeat is decided anew`,
};
