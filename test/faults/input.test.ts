import { expect, it } from 'vitest';
import { fuzz, type Violation } from './input/run.ts';
import { startService } from './input/service.ts';

// Of a violation: node test/faults/fuzz.ts --seed S --from INDEX --bodies 1
it.each([1, 2])(
  'whatever is posted, each well-formed alert is stored once and nothing fails (seed %s)',
  async (seed) => {
    await using service = await startService();
    const { violations, statuses, accepted, duplicates } = await fuzz(service, { seed, bodies: 300 });
    expect(violations.map(told)).toEqual([]);
    expect(statuses).toMatchObject({ 200: expect.any(Number) as number, 400: expect.any(Number) as number });
    expect(accepted).toBeGreaterThan(200);
    expect(duplicates).toBeGreaterThan(0);
  },
);

function told({ fault, request }: Violation): string {
  return `body ${String(request?.index ?? '-')}: ${fault}`;
}
