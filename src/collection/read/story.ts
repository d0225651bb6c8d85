import type { CollectionEventType } from '../../events/catalogue.ts';
import type { Artefact, Jvm, UploadedArtefact } from '../../events/data/circumstances.ts';
import type { Plan } from '../../events/data/plan.ts';
import { decodeEvent, isEvent, type StoredEvent } from '../../events/envelope.ts';
import { podSubject } from '../../events/subjects.ts';
import type { Connection } from '../../log/connection.ts';
import { readRange } from '../../log/read.ts';
import type { CollectionSummary } from '../pod/summary.ts';

/** One collection in full, told by its events. */
export interface Story {
  sts?: string;
  plan?: Plan;
  attempts: Attempt[];
  /** Ids of the alerts it answers, its trigger first. */
  alerts: string[];
  recording?: StoredEvent<'JfrCollected'>['data']['recording'];
  jvm?: Jvm;
  url?: string;
  /** What lies beside the recording. */
  artefacts?: UploadedArtefact[];
  /** The same while it waits for its upload. */
  stagedArtefacts?: Artefact[];
  /** What could not be kept, and why. */
  notes?: string[];
  events: { sequence: number; id: string; type: string; time: string; data: unknown }[];
}

interface Attempt {
  stage: 'collect' | 'upload';
  run: number;
  attempt: number;
  startedAt?: string;
  /** Its command line, secrets masked. */
  argv?: string[];
  endedAt?: string;
  /** Absent while it runs. */
  result?: 'success' | 'failure';
  error?: unknown;
  retryAt?: string;
}

type OfCollection = Exclude<CollectionEventType, 'CollectionSuppressed' | 'CooldownElapsed'>;

/** Reads a collection's range of the log and tells what happened in it. */
export async function readStory(
  connection: Connection,
  stream: string,
  { id, firstSequence, lastSequence, ...pod }: CollectionSummary,
): Promise<Story> {
  const story: Story = { attempts: [], alerts: [], events: [] };
  const range = { filter: `${podSubject(pod)}.>`, from: firstSequence, to: lastSequence };
  for await (const message of readRange(connection, stream, range)) {
    const event = decodeEvent(message);
    if (!isEvent(event) || !isOf(event, id)) continue;
    const { sequence, type, time, data } = event;
    story.events.push({ sequence, id: event.id, type, time, data });
    tell(story, event);
  }
  return story;
}

function tell(story: Story, event: StoredEvent<OfCollection>): void {
  switch (event.type) {
    case 'CollectionRequested':
      story.plan = event.data.plan;
      story.alerts.push(event.data.trigger.alertId);
      if (event.data.sts !== undefined) story.sts = event.data.sts;
      break;
    case 'AlertAttached':
      story.alerts.push(event.data.alertId);
      break;
    case 'CollectionAttemptStarted':
      begin(attemptOf(story, 'collect', event.data), event);
      break;
    case 'CollectionAttemptFailed':
      end(attemptOf(story, 'collect', event.data), event);
      break;
    case 'JfrCollected':
      end(attemptOf(story, 'collect', event.data), event);
      story.recording = event.data.recording;
      if (event.data.artefacts) story.stagedArtefacts = event.data.artefacts;
      if (event.data.jvm) story.jvm = event.data.jvm;
      if (event.data.notes) story.notes = event.data.notes;
      break;
    case 'UploadAttemptFailed':
      end(attemptOf(story, 'upload', event.data), event);
      break;
    case 'Uploaded':
      end(attemptOf(story, 'upload', event.data), event);
      story.url = event.data.url;
      delete story.stagedArtefacts;
      if (event.data.artefacts) story.artefacts = event.data.artefacts;
      if (event.data.notes) story.notes = [...(story.notes ?? []), ...event.data.notes];
      break;
    case 'CollectionFailed':
    case 'CollectionRedriven':
      break;
  }
}

function attemptOf(
  story: Story,
  stage: Attempt['stage'],
  { run, attempt }: { run: number; attempt: number },
) {
  const known = story.attempts.find(
    (each) => each.stage === stage && each.run === run && each.attempt === attempt,
  );
  if (known) return known;
  const added: Attempt = { stage, run, attempt };
  story.attempts.push(added);
  return added;
}

function begin(attempt: Attempt, { time, data }: StoredEvent<'CollectionAttemptStarted'>): void {
  attempt.startedAt = time;
  if (data.argv) attempt.argv = data.argv;
}

function end(attempt: Attempt, { time, data }: Pick<StoredEvent<OfCollection>, 'time' | 'data'>): void {
  attempt.endedAt = time;
  attempt.result = 'error' in data ? 'failure' : 'success';
  if ('error' in data) attempt.error = data.error;
  if ('argv' in data) attempt.argv = data.argv;
  if ('retryAt' in data) attempt.retryAt = data.retryAt;
}

function isOf(event: StoredEvent, collectionId: string): event is StoredEvent<OfCollection> {
  return 'collectionId' in event.data && event.data.collectionId === collectionId;
}
