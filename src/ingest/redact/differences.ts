import type { AlertReceivedData } from '../../events/data/alert.ts';

/** Shorter values stand in many a text by chance. */
const shortestRepeated = 4;

/** What is stored otherwise than it was sent, for people; empty where nothing is. */
export function differencesOf(sent: AlertReceivedData, stored: AlertReceivedData): string[] {
  const ofLabels = textDifferences('labels', sent.labels, stored.labels);
  const ofAnnotations = textDifferences('annotations', sent.annotations, stored.annotations);
  const fields = ['groupKey', 'generatorURL', 'externalURL', 'receiver', 'endsAt', 'notificationReason', 'fingerprint'] as const; // prettier-ignore
  const ofFields = fields.flatMap((field) => {
    const value = stored[field];
    return value === sent[field] ? [] : `${field} is stored as ${JSON.stringify(value)}`;
  });
  return [...ofLabels, ...ofAnnotations, ...ofFields, ...repeatsIn(sent, stored)];
}

function textDifferences(
  part: string,
  sent: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(sent).flatMap((name) => {
    if (!Object.hasOwn(stored, name)) return `${part}.${name} is not stored`;
    return stored[name] === sent[name] ? [] : `${part}.${name} is stored as ${JSON.stringify(stored[name])}`;
  });
}

/** An annotation often repeats a label: what a name takes out of one place stands in the other. */
function repeatsIn(sent: AlertReceivedData, stored: AlertReceivedData): string[] {
  const parts = ['labels', 'annotations'] as const;
  const texts = parts.flatMap((part) => Object.entries(stored[part]).map(([name, text]) => [`${part}.${name}`, text] as const)); // prettier-ignore
  const gone = parts.flatMap((part) =>
    Object.entries(sent[part]).flatMap(([name, value]) =>
      value.length >= shortestRepeated && !stored[part][name]?.includes(value)
        ? [[`${part}.${name}`, value] as const]
        : [],
    ),
  );
  return gone.flatMap(([from, value]) =>
    texts
      .filter(([, text]) => text.includes(value))
      .map(([at]) => `CAUTION: ${at} repeats the value of ${from}`),
  );
}
