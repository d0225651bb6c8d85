import { eventTypes } from '../../events/catalogue.ts';
import { collectionStages } from './stages.ts';

/** The text of `src/web/data/contract.js`, as Prettier has it. The page has no build: it cannot import the catalogue. */
export function pageContract(): string {
  const stages = Object.entries(collectionStages()).map(([state, taken]) => {
    const lines = Object.entries(taken).map(([type, after]) => `    ${type}: '${after}',\n`);
    return lines.length === 0 ? `  ${state}: {},` : `  ${state}: {\n${lines.join('')}  },`;
  });
  return `/**
 * What the page must know of the events. Written by \`npm run schemas\`: changes by hand are lost.
 *
 * @import { EventType, State } from './types.ts'
 */

/**
 * Every event type of the feed: a browser hears only of those that it asks for by name.
 *
 * @type {readonly EventType[]}
 */
export const eventTypes = [
${eventTypes.map((type) => `  '${type}',`).join('\n')}
];

/**
 * Which events a collection takes in which state, and its state after them. What is not here came too late, or twice. Two
 * turn on what they say: a CollectionFailed that somebody asked for, and the stage of a CollectionRedriven.
 *
 * @type {Record<State, Partial<Record<EventType, State>>>}
 */
export const stages = {
${stages.join('\n')}
};
`;
}
