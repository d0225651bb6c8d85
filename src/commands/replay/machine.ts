import { podMachine } from '../../collection/pod/machine.ts';
import { diagramOf } from '../../kernel/replay/diagram.ts';
import { podName } from '../../collection/explain/words.ts';
import { withExistingLog } from '../existing-log.ts';
import { printable } from '../../telemetry/printable.ts';
import { type ReplayRange, readEntries } from './entries.ts';
import { inShort } from './text.ts';

/** Prints the machine as a diagram: of a pod, with its state at the end of what was asked for. */
export async function showMachine(asked: ReplayRange): Promise<void> {
  const { pod } = asked;
  if (!pod) {
    process.stdout.write(diagramOf(podMachine));
    return;
  }
  const state = await withExistingLog(async (connection) => {
    let last;
    for await (const entry of readEntries(connection, asked)) last = entry;
    return last;
  });
  const about = state
    ? `after #${String(state.sequence)}: ${inShort(state.after)}`
    : 'nothing is known of it: idle';
  // In Mermaid, a comment.
  process.stdout.write(
    `%% ${printable(`${podName(pod)} ${about}`)}\n${diagramOf(podMachine, state?.after?.value ?? 'idle')}`,
  );
}
