import { Command, InvalidArgumentError } from 'commander';
import { styleText } from 'node:util';
import { evolve, initialSnapshot, type PodSnapshot } from '../collection/machine.ts';
import { decodeEvent, isEvent, type StoredMessage } from '../events/envelope.ts';
import { millisOf, nanosOf } from '../events/instant.ts';
import { podSubject, podSubjectOf } from '../events/subjects.ts';
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
  before: unknown;
  after: unknown;
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
        filter: options.pod ?? 'aw.collection.>',
        ...(options.until && 'sequence' in options.until ? { to: options.until.sequence } : {}),
      };
      const snapshots = new Map<string, PodSnapshot>();
      let count = 0;
      for await (const message of readRange(connection, options.stream, range)) {
        if (isAfter(message, options.until)) break;
        const line = fold(snapshots, message);
        process.stdout.write(options.json ? `${JSON.stringify(line)}\n` : textOf(line));
        count += 1;
      }
      if (!options.json) process.stdout.write(`${String(count)} events, ${String(snapshots.size)} pods\n`);
    });
  });

function fold(snapshots: Map<string, PodSnapshot>, message: StoredMessage): Line {
  const { sequence, storedAt, subject } = message;
  const pod = podSubjectOf(subject) ?? subject;
  const before = snapshots.get(pod) ?? initialSnapshot;
  const common = { sequence, storedAt, subject, before: stateOf(before) };
  const event = decodeEvent(message);
  if (!isEvent(event)) {
    return { ...common, unreadable: event.message, changed: false, effects: [], after: common.before };
  }
  const { type, id, data } = event;
  if (event.type === 'AlertReceived' || event.type === 'AlertDeclined' || event.type === 'EventRejected') {
    return { ...common, type, id, data, changed: false, effects: [], after: common.before };
  }
  const { snapshot, effects } = evolve(before, event);
  snapshots.set(pod, snapshot);
  return { ...common, type, id, data, changed: snapshot !== before, effects, after: stateOf(snapshot) };
}

function stateOf({ value, context }: PodSnapshot) {
  return { value, ...context };
}

function textOf(line: Line): string {
  const { sequence, storedAt, subject, type, unreadable, changed, effects } = line;
  const head = `${styleText('dim', `#${String(sequence)} ${storedAt}`)} ${styleText('bold', type ?? 'unreadable')}`;
  const pod = subject.split('.').slice(2, 5).map(decodeToken).join('/');
  const lines = [`${head} ${pod}`];
  if (unreadable !== undefined) lines.push(`  ${styleText('yellow', unreadable)}`);
  if (line.data !== undefined) lines.push(`  data   ${safe(JSON.stringify(line.data))}`);
  lines.push(`  before ${safe(JSON.stringify(line.before))}`);
  lines.push(
    changed ? `  after  ${safe(JSON.stringify(line.after))}` : `  ${styleText('dim', 'changes nothing')}`,
  );
  if (effects.length > 0)
    lines.push(`  then   ${effects.join(', ')} ${styleText('dim', '(not run by a replay)')}`);
  return `${lines.join('\n')}\n`;
}

// JSON escapes the control characters of ASCII; a terminal also obeys those behind it.
function safe(json: string): string {
  return json.replaceAll(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

function decodeToken(token: string): string {
  try {
    return safe(JSON.stringify(decodeURIComponent(token))).slice(1, -1);
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
