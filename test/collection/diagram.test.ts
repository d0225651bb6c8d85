import { expect, it } from 'vitest';
import { diagramOf } from '../../src/kernel/replay/diagram.ts';
import { podMachine } from '../../src/collection/pod/machine.ts';

interface Arrow {
  from: string;
  to: string;
  event: string;
}

/** Reads back what the diagram says; a line that is none of its forms fails. */
function parse(diagram: string): { arrows: Arrow[]; marked: string[] } {
  const [head, ...lines] = diagram.trimEnd().split('\n');
  expect(head).toBe('stateDiagram-v2');
  const arrows: Arrow[] = [];
  const marked: string[] = [];
  for (const line of lines) {
    const arrow = /^ {2}(\w+|\[\*\]) --> (\w+)(?:: (\w+)(?: \[[ \w]+\])?(?: \/ [ ,\w]+)?)?$/.exec(line);
    const mark = /^ {2}class (\w+) current$/.exec(line);
    if (arrow) arrows.push({ from: arrow[1] ?? '', to: arrow[2] ?? '', event: arrow[3] ?? '' });
    else if (mark) marked.push(mark[1] ?? '');
    else expect(line).toMatch(/^ {2}(state "in any state" as anyState|classDef current [-:#,\w]+)$/);
  }
  return { arrows, marked };
}

it('the diagram has every state and every transition of the machine once, with its guards and effects', () => {
  const { on, states, initial } = podMachine.config;
  type Row = { target?: string };
  const arrowsOf = (from: string, transitions: object | undefined): Arrow[] =>
    Object.entries((transitions ?? {}) as Record<string, Row>).map(([event, { target }]) => ({
      ...{ from, to: target ?? from, event },
    }));
  const expected = [
    { from: '[*]', to: initial as string, event: '' },
    ...Object.entries(states ?? {}).flatMap(([name, state]) => arrowsOf(name, state.on)),
    ...arrowsOf('anyState', on),
  ];
  expect(expected.length).toBeGreaterThan(10);
  const { arrows, marked } = parse(diagramOf(podMachine));
  const key = (arrow: Arrow) => JSON.stringify(arrow);
  expect(arrows.map(key).sort()).toEqual(expected.map(key).sort());
  expect(marked).toEqual([]);
  expect(diagramOf(podMachine)).toContain('idle --> collecting: CollectionRequested [isNew] / collect\n');
});

it('the state of a pod is marked', () => {
  expect(parse(diagramOf(podMachine, 'collecting')).marked).toEqual(['collecting']);
});
