import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../events/envelope.ts';
import { alertIdOfDecision } from '../events/ids.ts';
import { own } from '../events/own.ts';
import { type Pod, podSubject, statefulSetSubject } from '../events/subjects.ts';
import { readEpisode } from '../book/episode.ts';
import { alertIdIn, type AlertOutcome, isDecision, outcomeAfter } from '../book/outcome.ts';
import { podOf, statefulSetOf } from '../book/pod-of-alert.ts';
import { readBackwards } from '../log/backwards.ts';
import { lookUpIn, readRange, type Source } from '../log/read.ts';
import { type StoredAlert, withOutcome } from './page.ts';

/** An alert with every event that speaks of its episode. */
export interface AlertStory extends StoredAlert {
  events: StoredEvent[];
}

/** Reads one alert by its id; the stream is searched from its end, since no subject holds the id. Throws LogUnavailable. */
export async function readAlertStory(source: Source, id: string): Promise<AlertStory | undefined> {
  const { connection, stream } = source;
  const mayBe = (message: StoredMessage) => message.header('ce-id') === id;
  for await (const { messages } of readBackwards(connection, stream, { filter: 'aw.alert.>', mayBe })) {
    const [event] = messages.map(decodeEvent).filter(isEvent);
    if (event?.type === 'AlertReceived') return storyOf(source, event);
  }
  return undefined;
}

async function storyOf(source: Source, event: StoredEvent<'AlertReceived'>): Promise<AlertStory> {
  const { labels, fingerprint, startsAt } = event.data;
  const alertname = own(labels, 'alertname');
  const episode = await readEpisode(lookUpIn(source), {
    ...(alertname === undefined ? {} : { alertname }),
    fingerprint,
    startsAt,
  });
  const ids = new Set(episode.map(({ id }) => alertIdOfDecision(id)));
  const from = Math.min(...episode.map(({ sequence }) => sequence), event.sequence);
  const about = (filter: string[]) => readAbout(source, { filter, from }, ids);
  const searches = await about(searchesOf(labels));
  const pods = [...podsOf(labels), ...searches.flatMap(podsFound)].map((pod) => `${podSubject(pod)}.>`);
  const events = [...episode, ...searches, ...(await about([...new Set(pods)]))];
  events.sort((a, b) => a.sequence - b.sequence);
  const decisions = event.data.status === 'firing' ? events.filter(isDecision) : [];
  const outcome = decisions.reduce<AlertOutcome | undefined>(outcomeAfter, undefined);
  return { ...withOutcome(event, outcome), events };
}

/** Events in a range that are named after one of these alerts. */
async function readAbout(
  { connection, stream }: Source,
  range: { filter: string[]; from: number },
  alertIds: ReadonlySet<string>,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  if (range.filter.length === 0) return events;
  for await (const message of readRange(connection, stream, range)) {
    if (!alertIds.has(alertIdIn(message))) continue;
    const event = decodeEvent(message);
    if (isEvent(event)) events.push(event);
  }
  return events;
}

function podsOf(labels: Readonly<Record<string, string>>): Pod[] {
  const found = podOf(labels);
  return 'pod' in found ? [found.pod] : [];
}

function searchesOf(labels: Readonly<Record<string, string>>): string[] {
  const found = statefulSetOf(labels);
  return found && 'statefulSet' in found ? [`${statefulSetSubject(found.statefulSet)}.>`] : [];
}

function podsFound({ type, data }: StoredEvent): Pod[] {
  if (type !== 'TargetsFound') return [];
  const { kubeContext, namespace, pods } = data;
  return pods.map((pod) => ({ kubeContext, namespace, pod }));
}
