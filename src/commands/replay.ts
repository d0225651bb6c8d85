import { Command, InvalidArgumentError } from 'commander';
import { styleText } from 'node:util';
import { isCollectionEvent } from '../collection/board.ts';
import { evolve, initialSnapshot, type PodSnapshot } from '../collection/machine.ts';
import { decodeEvent, isEvent, type StoredMessage } from '../events/envelope.ts';
import { millisOf, nanosOf } from '../events/instant.ts';
import { podSubject, podSubjectOf } from '../events/subjects.ts';
import { printable } from './printable.ts';
import { streamName } from '../log/definitions.ts';
import { readRange } from '../log/read.ts';
import { withExistingLog } from './existing-log.ts';

interface Options {
  stream: string;
  pod?: string;
  until?: Until;
  json?: boolean;
}
type Until = { sequence: number } | { millis: number };

/** One event and what it did to its pod. */
interface Line {
  sequence: number;
  storedAt: string;
  subject: string;
  type?: string;
  id?: string;
  data?: unknown;
  /** Why the message is no event. */
  unreadable?: string;
  changed: boolean;
  effects: string[];
  /** Null for what belongs to no pod. */
  before: State | null;
  after: State | null;
}

export const replayCommand = new Command('replay')
  .description('fold the stream again and show each event with the state before and after; changes nothing')
  .option('--pod <ctx/ns/pod>', 'only this pod (a context may hold slashes)', podFilter)
  .option(
    '--until <seq|time>',
    'up to this sequence, or this RFC 3339 time of the stream, inclusive',
    untilOf,
  )
  .option('--stream <name>', 'the stream to read, such as a copy or a mirror', streamName)
  .option('--json', 'one JSON object per line')
  .action(async (options: Options) => {
    await withExistingLog(async (connection) => {
      const range = {
        filter: options.pod ?? 'aw.>',
        ...(options.until && 'sequence' in options.until ? { to: options.until.sequence } : {}),
      };
      const snapshots = new Map<string, PodSnapshot>();
      let count = 0;
      for await (const message of readRange(connection, options.stream, range)) {
        if (isAfter(message, options.until)) break;
        // Timers are no facts.
        if (message.subject.startsWith('aw.schedule.')) continue;
        const line = fold(snapshots, message);
        process.stdout.write(options.json ? `${JSON.stringify(line)}\n` : textOf(line));
        count += 1;
      }
      if (!options.json) process.stdout.write(`${String(count)} events, ${String(snapshots.size)} pods\n`);
    });
  });

function fold(snapshots: Map<string, PodSnapshot>, message: StoredMessage): Line {
  const { sequence, storedAt, subject } = message;
  const pod = podSubjectOf(subject);
  const before = (pod === undefined ? undefined : snapshots.get(pod)) ?? initialSnapshot;
  const common = { sequence, storedAt, subject, before: pod === undefined ? null : stateOf(before) };
  const event = decodeEvent(message);
  if (!isEvent(event)) {
    return { ...common, unreadable: event.message, changed: false, effects: [], after: common.before };
  }
  const { type, id, data } = event;
  if (pod === undefined || !isCollectionEvent(event)) {
    return { ...common, type, id, data, changed: false, effects: [], after: common.before };
  }
  const { snapshot, effects } = evolve(before, event);
  snapshots.set(pod, snapshot);
  return { ...common, type, id, data, changed: snapshot !== before, effects, after: stateOf(snapshot) };
}

type State = ReturnType<typeof stateOf>;

function stateOf({ value, context }: PodSnapshot) {
  return { value, ...context };
}

/** A state in one line; all of it is in the JSON. */
function inShort(state: State | null): string {
  if (!state) return 'none';
  const { value, current, uploads, failed, cooldown } = state;
  const parts: string[] = [];
  if (!current) parts.push(value);
  else {
    const { collectionId, run, attempts, alerts, plan, retryAt } = current;
    const tried = `${String(attempts)} of ${String(plan.maxAttempts)} attempts`;
    parts.push(`${value} ${collectionId} run ${String(run)}, ${tried}, ${String(alerts.length)} alerts`);
    if (retryAt !== undefined) parts.push(`next attempt at ${retryAt}`);
  }
  for (const upload of Object.values(uploads)) {
    parts.push(
      `uploading ${upload.collectionId} run ${String(upload.run)}, ${String(upload.attempts)} attempts`,
    );
  }
  for (const each of Object.values(failed)) {
    parts.push(
      `failed ${each.collectionId} run ${String(each.run)} (${each.stage}: ${each.lastError?.code ?? ''})`,
    );
  }
  if (cooldown) parts.push(`cooldown until ${cooldown.until}`);
  return parts.join('; ');
}

function textOf(line: Line): string {
  const { sequence, storedAt, subject, type, unreadable, changed, effects } = line;
  const head = `${styleText('dim', `#${String(sequence)} ${storedAt}`)} ${styleText('bold', type ?? 'unreadable')}`;
  const pod = subject.split('.').slice(2, 5).map(decodeToken).join('/');
  const lines = [`${head} ${pod}`];
  if (unreadable !== undefined) lines.push(`  ${styleText('yellow', unreadable)}`);
  if (line.data !== undefined) lines.push(`  data   ${printable(JSON.stringify(line.data))}`);
  if (line.before === null) return `${lines.join('\n')}\n`;
  lines.push(`  before ${printable(inShort(line.before))}`);
  lines.push(
    changed ? `  after  ${printable(inShort(line.after))}` : `  ${styleText('dim', 'changes nothing')}`,
  );
  if (effects.length > 0)
    lines.push(`  then   ${effects.join(', ')} ${styleText('dim', '(not run by a replay)')}`);
  return `${lines.join('\n')}\n`;
}

function decodeToken(token: string): string {
  try {
    return printable(decodeURIComponent(token));
  } catch {
    return token;
  }
}

function isAfter({ storedAt }: StoredMessage, until: Until | undefined): boolean {
  return until !== undefined && 'millis' in until && millisOf(storedAt) > until.millis;
}

function untilOf(text: string): Until {
  if (/^\d+$/.test(text)) return { sequence: Number(text) };
  if (nanosOf(text) !== undefined) return { millis: millisOf(text) };
  throw new InvalidArgumentError('expected a sequence or an RFC 3339 time such as 2026-11-20T18:31:29Z');
}

function podFilter(text: string): string {
  const parts = text.split('/');
  const [pod, namespace] = [parts.pop(), parts.pop()];
  const kubeContext = parts.join('/');
  if (!pod || !namespace || !kubeContext)
    throw new InvalidArgumentError('expected kube-context/namespace/pod');
  return `${podSubject({ kubeContext, namespace, pod })}.>`;
}
