import { type Lack, programsOf } from '../../collection/able/lacks.ts';
import type { Rules } from '../../config/file.ts';
import { failed, ok, type NamedProbe } from './probe.ts';

/** The programs that rows need: looked for, not started. */
export function probePrograms(rules: Rules, lacks: readonly Lack[]): NamedProbe[] {
  return programsOf(rules).map(({ program, collector, rows, for: purpose }) => {
    const lack = lacks.find((each) => each.program === program && each.collector === collector);
    const user =
      purpose === 'targets' ? `targetsCommand of collector ${collector}` : `collector ${collector}`;
    const outcome = lack
      ? failed(`${lack.sentence} (for ${rows.join(', ')})`, lack.action)
      : ok(`${user} can start it`);
    return { name: `program ${program}`, run: () => Promise.resolve(outcome) };
  });
}
