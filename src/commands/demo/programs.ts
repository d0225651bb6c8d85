import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Those of the programs that are not on the PATH. */
export async function missingPrograms(names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(isOnPath));
  return names.filter((_, index) => !found[index]);
}

async function isOnPath(name: string): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const isThere = await access(join(folder || '.', name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
