import type { PromiseNumber } from '../../../src/collection/audit/promises.ts';
import type { StoredMessage } from '../../../src/events/envelope.ts';
import { eventOf, type Planted, type Soil } from '../planting.ts';

/** A defect that is planted in the history of a real service, and what the audit says of it. */
export interface Defect {
  /** As docs/reliability.md has it. */
  defect: string;
  /** The promises that it breaks. */
  breaks: PromiseNumber[];
  /** What is said under the first of them; `…` stands for any text. */
  says: string;
  plant: (soil: Soil) => Planted;
}

export const removed = (soil: Soil, message: StoredMessage, ...concerned: StoredMessage[]): Planted => ({
  messages: soil.without(message),
  concerned,
});
export const replaced = (
  soil: Soil,
  message: StoredMessage,
  by: StoredMessage,
  ...concerned: StoredMessage[]
) => ({
  messages: soil.instead(message, by),
  concerned,
});

export const alertOf = (soil: Soil, alertId: string) =>
  soil.find('AlertReceived', ({ id }) => id === alertId);
export const idOf = (message: StoredMessage) => message.header('ce-id') ?? '';
export const alertIdOf = (message: StoredMessage): string => {
  const data = eventOf(message)?.data;
  return data && 'alertId' in data ? data.alertId : '';
};
export const elapsedCause = '/CooldownElapsed/';
/** An alert that was attached when it came. */
export const attached = (soil: Soil) => soil.find('AlertAttached', ({ id }) => !id.includes(elapsedCause));
/** An alert that waits, with its timer. */
export const waiting = (soil: Soil) => soil.find('CollectionSuppressed', ({ data }) => data.pod === 'slow-0');
export const timer = (soil: Soil) => {
  const found = soil.messages.find(({ subject }) => subject.startsWith('aw.schedule.cooldown.'));
  if (!found) throw new Error('there is no timer');
  return found;
};
export const resolved = (soil: Soil) => soil.find('AlertReceived', ({ data }) => data.status === 'resolved');
export const of = (pod: string) => (event: { data: { pod: string } }) => event.data.pod === pod;
