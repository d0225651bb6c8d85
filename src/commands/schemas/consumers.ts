import { durableReads } from '../../features.ts';
import { type EventType, filterOf } from '../../events/catalogue.ts';

export const durables = Object.keys(durableReads) as (keyof typeof durableReads)[];

/** The text of a consumer's file with the filters that its reactor's reads come to. The rest is the operator's. */
export function withFilters(text: string, read: Partial<Record<EventType, Record<string, string>>>): string {
  const filters = Object.entries(read).map(([type, tokens]) => filterOf(type as EventType, tokens));
  const written = filters.map((filter) => JSON.stringify(filter));
  const line = `"filter_subjects": [${written.join(', ')}]`;
  // As Prettier has it.
  const list = line.length + 2 <= 110 ? line : `"filter_subjects": [\n    ${written.join(',\n    ')}\n  ]`;
  return text.replace(/"filter_subjects": \[[^\]]*\]/, () => list);
}
