import { own } from '../../events/own.ts';
import type { CollectTask } from './collector.ts';

/** What is known of a collection when an argument is filled in. */
export type Filling = Omit<CollectTask, 'directory' | 'signal' | 'collectionId'> & { collectionId?: string };

/** What `{name}` in an argument stands for; undefined: it stays as it is. */
const placeholders: Record<string, (filling: Filling) => string | undefined> = {
  kubeContext: ({ kubeContext }) => kubeContext,
  namespace: ({ namespace }) => namespace,
  pod: ({ pod }) => pod,
  sts: ({ sts }) => sts ?? '',
  durationSeconds: ({ durationSeconds }) => String(durationSeconds),
  collectionId: ({ collectionId }) => collectionId,
  attempt: ({ attempt }) => String(attempt),
};

export const placeholderNames = [...Object.keys(placeholders), 'label.NAME'];

// Whoever writes {labels.x} means a label, and is told.
const pattern = /\{(\w+|labels?\.[^{}]*)\}/g;
/** As Prometheus names labels by default; the name becomes part of a variable's. */
export const labelName = '[A-Za-z_][A-Za-z0-9_]*';
const label = new RegExp(`^label\\.(${labelName})$`);

/** An argument may hold several; what is filled in is not looked at again. */
export function filledIn(command: readonly string[], filling: Filling): string[] {
  return filledBy(command, (name) => valueOf(name, filling));
}

/** The same by other names. What has no value stays as it is. */
export function filledBy(
  command: readonly string[],
  valueOf: (name: string) => string | undefined,
): string[] {
  return command.map((argument) =>
    argument.replaceAll(pattern, (whole, name: string) => valueOf(name) ?? whole),
  );
}

function valueOf(name: string, filling: Filling): string | undefined {
  const [, ofLabel] = label.exec(name) ?? [];
  if (ofLabel !== undefined) return own(filling.labels ?? {}, ofLabel);
  return Object.hasOwn(placeholders, name) ? placeholders[name]?.(filling) : undefined;
}

/** Any `{name}` in an argument that is no placeholder. */
export function unknownPlaceholders(command: readonly string[]): string[] {
  return namesIn(command).filter((name) => !Object.hasOwn(placeholders, name) && !label.test(name));
}

/** Names of the labels that arguments are made of, each once. */
export function labelsIn(command: readonly string[]): string[] {
  return [...new Set(namesIn(command).flatMap((name) => label.exec(name)?.[1] ?? []))];
}

/** Names in braces, known or not. */
export function namesIn(command: readonly string[]): string[] {
  return command.flatMap((argument) => [...argument.matchAll(pattern)].map(([, name = '']) => name));
}
