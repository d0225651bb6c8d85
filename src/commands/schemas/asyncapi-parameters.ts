import { addressOf, type EventType, rowOf } from '../../events/catalogue.ts';

/** The parameters of one channel: what each of them means, and what it is in an example of the subject. */
export function parametersOf(type: EventType, subject: string) {
  const { tokens } = rowOf(type).family;
  const written = subject.split('.');
  const named = addressOf(type)
    .split('.')
    .flatMap((part, index) => {
      const name = /^\{(.+)\}$/.exec(part)?.[1];
      return name === undefined ? [] : [[name, { ...tokens[name], examples: [written[index]] }] as const];
    });
  return Object.fromEntries(named);
}
