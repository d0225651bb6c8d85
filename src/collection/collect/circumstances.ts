import type { Circumstances } from '../../events/data/circumstances.ts';
import type { Collected } from '../collectors/collector.ts';
import { asFailure } from '../../kernel/react/failures.ts';
import type { AttemptRef, Staging } from '../staging/staging.ts';

/** They come from a pod, and become part of an event. */
const maxNotes = 20;
const maxNoteLength = 500;

/** Stages what was brought beside the recording. One that cannot be is noted: the recording is worth more. */
export async function circumstancesOf(
  staging: Staging,
  ref: AttemptRef,
  { jvm, artefacts = [], notes = [] }: Collected,
): Promise<Circumstances> {
  const staged: Circumstances['artefacts'] = [];
  const problems = [...notes];
  for (const [index, artefact] of artefacts.entries()) {
    try {
      staged.push(await staging.putArtefact(ref, artefact, index + 1));
    } catch (error) {
      problems.push(`${artefact.name}: ${asFailure(error).message}`);
    }
  }
  return {
    ...(jvm ? { jvm } : {}),
    ...(staged.length > 0 ? { artefacts: staged } : {}),
    ...(problems.length > 0
      ? { notes: problems.slice(0, maxNotes).map((note) => note.slice(0, maxNoteLength)) }
      : {}),
  };
}
