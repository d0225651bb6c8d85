import { vi } from 'vitest';
import { lampRows } from './rows.ts';

type Rows = typeof import('../../../src/events/rows/rows.ts');

/** In the place of the rows of the service: those, and the lamps'. It is all that the tests pass in. */
export const { catalogue } = await withLamps();

async function withLamps() {
  const { catalogue: own } = await vi.importActual<Rows>('../../../src/events/rows/rows.ts');
  return { catalogue: { ...own, ...lampRows } };
}
