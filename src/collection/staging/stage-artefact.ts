import { open } from 'node:fs/promises';
import type { Artefact } from '../../events/data/circumstances.ts';
import type { Connection } from '../../log/connection.ts';
import { ObjectExists } from '../../log/errors.ts';
import { putLabelled } from '../../log/objects/store.ts';
import type { CollectedArtefact } from '../collectors/collector.ts';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import { fileParts } from './file-parts.ts';

const maxNameLength = 200;

/**
 * Stores a file that lies beside a recording, under a name that begins as it is told and holds the sha256: what lies there
 * already is this one. Throws LogUnavailable.
 */
export async function stageArtefact(
  connection: Connection,
  bucket: string,
  nameBegins: string,
  { kind, name, file }: CollectedArtefact,
): Promise<Artefact> {
  await using handle = await open(file);
  const parts = fileParts(handle, (await handle.stat()).size);
  let artefact: Artefact | undefined;
  const labelFor = ({ sha256, bytes }: { sha256: string; bytes: number }) => {
    const stagedName = `${nameBegins}-${sha256}`;
    artefact = { kind, name: name.slice(0, maxNameLength), bytes, sha256, stagedName };
    return { name: stagedName };
  };
  await putLabelled(connection, { bucket, chunksIn: bucket }, parts, labelFor).catch((error: unknown) => {
    if (!(error instanceof ObjectExists)) throw error;
  });
  if (!artefact) throw new AttemptFailed('unexpected', `${name} was not staged`);
  return artefact;
}
