import type { CollectionRules } from '../../collection/config.ts';
import { implies, matchNothing } from '../../kernel/implication.ts';
import { parseMatcher } from '../../kernel/matchers.ts';
import type { Warning } from './warnings.ts';

/** Rows of a valid configuration that no alert reaches, and names that two of them have. */
export function warningsOfRows({ collections }: Pick<CollectionRules, 'collections'>): Warning[] {
  const rows = collections.map(({ name, match }, index) => ({
    name,
    keys: ['collections', String(index)],
    matchers: match.map(parseMatcher),
  }));
  return rows.flatMap(({ name, keys, matchers }, index): Warning[] => {
    const earlier = rows.slice(0, index);
    const twin = earlier.find((other) => other.name === name);
    const covering = earlier.find((other) => implies(matchers, other.matchers));
    return [
      ...(twin ? [twice(keys, name)] : []),
      ...(matchNothing(matchers)
        ? [unsatisfiable(keys, name)]
        : covering
          ? [unreachable(keys, name, `${covering.name} (${covering.keys.join('.')})`)]
          : []),
    ];
  });
}

function twice(keys: string[], name: string): Warning {
  return {
    code: 'duplicate-name',
    keys: [...keys, 'name'],
    message: `another row before it is named ${name}, too`,
    action:
      'give each row a name of its own: recordings are counted, explained and asked for by hand by the name of the row',
  };
}

function unsatisfiable(keys: string[], name: string): Warning {
  return {
    code: 'unreachable-row',
    keys: [...keys, 'match'],
    message: `row ${name} matches no alert: its matchers exclude each other`,
    action: 'all matchers of a row must hold at once: use one matcher with =~"a|b", or two rows',
  };
}

function unreachable(keys: string[], name: string, by: string): Warning {
  return {
    code: 'unreachable-row',
    keys,
    message: `row ${name} is never reached: row ${by} before it matches every alert that it matches`,
    action: 'the first row that matches decides: put the narrower row first, or remove one of them',
  };
}
