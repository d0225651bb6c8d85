import { emitKeypressEvents, type Key } from 'node:readline';
import { styleText } from 'node:util';
import type { PodHistoryEntry } from '../../collection/pod/history.ts';
import { differenceOf } from '../../kernel/replay/difference.ts';
import { ConfigError } from '../../config/fault.ts';
import { withExistingLog } from '../existing-log.ts';
import { printable } from '../../telemetry/printable.ts';
import { createProgress } from '../terminal/progress.ts';
import { type ReplayRange, readEntries } from './entries.ts';
import { type StepperPlace, press } from './stepper.ts';
import { effectsOf, headOf, inShort } from './text.ts';

/** All of them are kept, so that one can go back. */
const maxEntries = 100_000;
const eraseLine = '\r\u001b[2K';

/** Shows one event at a time and waits for keys. Throws ConfigError where there is no terminal to do so. */
export async function stepThrough(asked: ReplayRange): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new ConfigError(
      '--step asks for keys: run it in a terminal, or use --json (or no option) elsewhere',
    );
  }
  const entries = await readAll(asked);
  const [first] = entries;
  if (!first) {
    stdout.write('0 events\n');
    return;
  }
  const sequences = entries.map(({ sequence }) => sequence);
  let place: StepperPlace = { index: 0 };
  stdout.write(`${frameOf(first)}\n${promptOf(place, entries.length)}`);
  for await (const key of keys()) {
    const move = press(place, key, sequences);
    if (move === 'quit') break;
    place = move.place;
    const entry = entries[place.index];
    const frame = move.shows && entry ? `${frameOf(entry)}\n` : '';
    stdout.write(`${eraseLine}${frame}${promptOf(place, entries.length)}`);
  }
  stdout.write(eraseLine);
}

/** An event with all it says, the state before and after, and what differs. */
export function frameOf(entry: PodHistoryEntry): string {
  const { data, unreadable, before, after, changed } = entry;
  const lines = [headOf(entry)];
  if (unreadable !== undefined) lines.push(`  ${styleText('yellow', printable(unreadable))}`);
  if (data !== undefined) {
    lines.push(...JSON.stringify(data, null, 2).split('\n').map((line) => `  ${printable(line)}`)); // prettier-ignore
  }
  if (before !== null) {
    lines.push(`  before ${inShort(before)}`);
    lines.push(changed ? `  after  ${inShort(after)}` : `  ${styleText('dim', 'changes nothing')}`);
    const { removed, added } = differenceOf(before, after);
    lines.push(...removed.map((line) => styleText('red', `  - ${printable(line)}`)));
    lines.push(...added.map((line) => styleText('green', `  + ${printable(line)}`)));
  }
  return [...lines, ...effectsOf(entry), ''].join('\n');
}

function promptOf({ index, typed, notice }: StepperPlace, count: number): string {
  if (typed !== undefined) return `go to #${typed}`;
  const position = `${String(index + 1)} of ${String(count)}`;
  const keys = 'Enter next, p back, g SEQUENCE go, q quit';
  return styleText('dim', `${position}  ${notice === undefined ? '' : `${notice}: `}${keys} `);
}

async function readAll(asked: ReplayRange): Promise<PodHistoryEntry[]> {
  const progress = createProgress(process.stderr);
  const entries: PodHistoryEntry[] = [];
  await withExistingLog(async (connection) => {
    for await (const entry of readEntries(connection, asked)) {
      progress.step('events folded');
      if (entries.push(entry) <= maxEntries) continue;
      const most = maxEntries.toLocaleString('en');
      throw new ConfigError(
        `more than ${most} events: narrow them with --pod, --collection, --from or --until`,
      );
    }
  }).finally(progress.end);
  return entries;
}

/** Names of keys as they are pressed, until the terminal is gone. The terminal is as before when the reading ends. */
async function* keys(): AsyncGenerator<string> {
  const { stdin } = process;
  const pressed: string[] = [];
  const gone = new AbortController();
  let wake = Promise.withResolvers<undefined>();
  const onKey = (_text: string | undefined, { name, ctrl, sequence = '' }: Key) => {
    pressed.push(ctrl ? `ctrl-${name ?? ''}` : (name ?? sequence));
    wake.resolve(undefined);
  };
  const onEnd = () => {
    gone.abort();
    wake.resolve(undefined);
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true).on('keypress', onKey).on('end', onEnd).resume();
  try {
    while (!gone.signal.aborted || pressed.length > 0) {
      const key = pressed.shift();
      if (key !== undefined) yield key;
      else {
        await wake.promise;
        wake = Promise.withResolvers();
      }
    }
  } finally {
    stdin.setRawMode(false).off('keypress', onKey).off('end', onEnd).pause();
  }
}
