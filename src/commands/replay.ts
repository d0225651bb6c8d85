import { Command, InvalidArgumentError } from 'commander';
import { styleText } from 'node:util';
import { createHistory, type Entry, type PodState } from '../collection/history.ts';
import type { StoredMessage } from '../events/envelope.ts';
import { millisOf, nanosOf } from '../events/instant.ts';
import { podSubject } from '../events/subjects.ts';
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
      const history = createHistory();
      let count = 0;
      for await (const message of readRange(connection, options.stream, range)) {
        if (isAfter(message, options.until)) break;
        // Timers are no facts.
        if (message.subject.startsWith('aw.schedule.')) continue;
        const line = history.fold(message);
        process.stdout.write(options.json ? `${JSON.stringify(line)}\n` : textOf(line));
        count += 1;
      }
      if (!options.json) process.stdout.write(`${String(count)} events, ${String(history.size())} pods\n`);
    });
  });

/** A state in one line; all of it is in the JSON. */
function inShort(state: PodState | null): string {
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

function textOf(line: Entry): string {
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
