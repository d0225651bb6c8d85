import { execa } from 'execa';
import { headers as natsHeaders, type JsMsg, type MsgHdrs } from 'nats';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import type { PodSnapshot } from '../../src/collection/pod/machine.ts';
import type { PodEvent } from '../../src/collection/pod/context.ts';
import { encodeEvent, type StoredMessage } from '../../src/events/envelope.ts';
import { podSubject } from '../../src/events/subjects.ts';
import { fromDelivery } from '../../src/log/message.ts';
import { asNpmStart } from '../support/process.ts';
import { decoded, foldBare, history } from './history.ts';
import { type Figure, number } from './report.ts';
import type { Bench, BenchArguments } from './run.ts';

const mostBytesPerPod = 3 * 1_024;
/** So many times as many pods come and go as are measured at first. */
const generations = 3;
/** What a bounded board may still grow by then. */
const mostGrowth = 1.1;

/** What the client's headers can do, and their type does not say. */
interface Encoded extends MsgHdrs {
  encode: () => Uint8Array;
}
const { decode } = natsHeaders().constructor as unknown as { decode: (bytes: Uint8Array) => MsgHdrs };

/** As the client delivers what `append` wrote: a header's value may keep the whole text of the headers in memory. */
function delivered(event: PodEvent, sequence: number): StoredMessage {
  const { subject, headers, body } = encodeEvent(event);
  const sent = natsHeaders() as Encoded;
  sent.set('Nats-Msg-Id', event.id);
  for (const [name, value] of Object.entries(headers)) sent.set(name, value);
  sent.set('Nats-Expected-Last-Subject-Sequence', String(sequence - 1));
  sent.set('Nats-Expected-Last-Subject-Sequence-Subject', `${podSubject(event.data)}.>`);
  const info = { timestampNanos: Date.parse(event.time) * 1e6 };
  const message = { subject, seq: sequence, headers: decode(sent.encode()), data: Buffer.from(body), info };
  return fromDelivery(message as unknown as JsMsg);
}

/** Bytes of a board after each generation of so many pods, when the stream has forgotten the generation before it. */
function boardBytes(pods: number): number[] {
  const onUnreadable = (_message: StoredMessage, reason: string) => {
    throw new Error(reason);
  };
  const before = usedBytes();
  const board = createPodBoard({ onUnreadable });
  let sequence = 0;
  const bytes: number[] = [];
  for (let generation = 0; generation < generations; generation += 1) {
    const firstSequence = sequence + 1;
    for (const event of history(pods, generation * pods)) board.apply(delivered(event, ++sequence));
    board.forgetBefore(firstSequence);
    bytes.push(usedBytes() - before);
  }
  // It has to live until here.
  if (board.size() < pods) throw new Error(`the board has ${String(board.size())} pods`);
  return bytes;
}

/** Bytes of the same pods as a Map of what the bare transitions give. */
function bareBytes(pods: number): number[] {
  const before = usedBytes();
  const snapshots = new Map<string, PodSnapshot>();
  for (const event of history(pods)) foldBare(snapshots, podSubject(event.data), decoded(event));
  const bytes = [usedBytes() - before];
  if (snapshots.size !== pods) throw new Error(`${String(snapshots.size)} pods instead of ${String(pods)}`);
  return bytes;
}

function usedBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What a board, or the bare map, weighs in a process of its own. */
async function measure(part: 'board' | 'bare', pods: number): Promise<number[]> {
  const { stdout } = await execa(process.execPath, [...asNpmStart, '--expose-gc', import.meta.filename, part, String(pods)]); // prettier-ignore
  return JSON.parse(stdout) as number[];
}

async function run({ pods }: BenchArguments): Promise<Figure[]> {
  const ours = await measure('board', pods);
  const [bare = Number.NaN] = await measure('bare', pods);
  const [first = Number.NaN, last = Number.NaN] = [ours[0], ours.at(-1)];
  const perPod = first / pods;
  const growth = last / first;
  return [
    {
      what: `${number(pods)} resting pods, index included`,
      measured: `${number(perPod)} bytes a pod`,
      ceiling: `${number(bare / pods)} bytes a pod`,
      ratio: first / bare,
      goal: `≤ ${number(mostBytesPerPod)} bytes a pod`,
      met: perPod <= mostBytesPerPod,
    },
    {
      what: `after ${number(generations * pods)} different pods, against after ${number(pods)}`,
      measured: mebibytes(last),
      ceiling: mebibytes(first),
      ratio: growth,
      goal: `≤ ${String(mostGrowth)}`,
      met: growth <= mostGrowth,
    },
  ];
}

function mebibytes(bytes: number): string {
  return `${number(bytes / 2 ** 20)} MiB`;
}

export const boardBench: Bench = {
  name: 'board',
  title: 'Memory of the board, against a bare Map of snapshots',
  run,
};

if (import.meta.main) {
  const [part, pods] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(part === 'board' ? boardBytes(Number(pods)) : bareBytes(Number(pods))));
}
