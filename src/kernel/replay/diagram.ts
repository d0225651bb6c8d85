/** Transitions that the machine itself takes, whatever state it is in, are drawn at a box of their own. */
const anyState = 'anyState';

/**
 * A machine as a Mermaid `stateDiagram-v2`, written from its definition: every transition as `event [guard] / effects`. The state
 * that it is in, where one is given, is marked.
 */
export function diagramOf({ root }: { root: StateNodeOf }, current?: string): string {
  const states = Object.values(root.states);
  const lines = [
    'stateDiagram-v2',
    ...initialOf(root).map((name) => `[*] --> ${name}`),
    ...states.flatMap((state) => transitionsOf(state, state.key)),
    `state "in any state" as ${anyState}`,
    ...transitionsOf(root, anyState),
    ...(current === undefined
      ? []
      : [
          'classDef current fill:#dcfce7,stroke:#15803d,stroke-width:3px,color:#14532d',
          `class ${current} current`,
        ]),
  ];
  return `${lines.map((line, index) => (index === 0 ? line : `  ${line}`)).join('\n')}\n`;
}

/** What is drawn of an XState node. */
interface StateNodeOf {
  key: string;
  states: Record<string, StateNodeOf>;
  initial: { target: readonly { key: string }[] };
  transitions: ReadonlyMap<string, readonly StateTransition[]>;
}

interface StateTransition {
  eventType: string;
  target: readonly { key: string }[] | undefined;
  guard?: unknown;
  actions: readonly unknown[];
}

function initialOf({ initial }: StateNodeOf): string[] {
  return initial.target.map(({ key }) => key);
}

function transitionsOf({ transitions }: StateNodeOf, from: string): string[] {
  return [...transitions.values()].flat().flatMap(({ eventType, target, guard, actions }) => {
    const targets = target?.map(({ key }) => key) ?? [from];
    const effects = actions.filter((action) => typeof action === 'string');
    const label = [eventType, guardOf(guard), effects.length === 0 ? '' : `/ ${effects.join(', ')}`];
    return targets.map((to) => `${from} --> ${to}: ${label.filter(Boolean).join(' ')}`);
  });
}

/** By its name; one that is written where it is used has none. */
function guardOf(guard: unknown): string {
  if (guard === undefined) return '';
  const name = typeof guard === 'function' ? guard.name : '';
  return `[${name === '' || name === 'guard' ? 'if it fits' : name}]`;
}
