import { type EventType, filterOf } from '../../events/catalogue.ts';
import type { DurableRow } from '../../feature.ts';
import { defaultAckWaitSeconds } from '../../log/streams/definitions.ts';

/**
 * What a durable consumer begins with; operators may change all but its name, its filters, and ack_wait, which
 * ACK_WAIT_SECONDS sets. Durations are nanoseconds.
 */
export function newConsumer(durable: string): string {
  const config = {
    durable_name: durable,
    description: '',
    deliver_policy: 'all',
    ack_policy: 'explicit',
    ack_wait: defaultAckWaitSeconds * 1e9,
    max_deliver: -1,
    max_ack_pending: -1,
    replay_policy: 'instant',
    filter_subjects: [],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The text of a consumer's file with the filters that its row comes to. The rest is the operator's. */
export function withFilters(text: string, { reads }: DurableRow): string {
  const filters = Object.entries(reads).map(([type, tokens]) => filterOf(type as EventType, tokens));
  const written = filters.map((filter) => JSON.stringify(filter));
  const line = `"filter_subjects": [${written.join(', ')}]`;
  // As Prettier has it.
  const list = line.length + 2 <= 110 ? line : `"filter_subjects": [\n    ${written.join(',\n    ')}\n  ]`;
  return text.replace(/"filter_subjects": \[[^\]]*\]/, () => list);
}
