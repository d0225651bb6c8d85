import { addressOf, type EventType, eventTypes, filterOf, rowOf } from '../../events/catalogue.ts';
import { exampleOf } from './examples.ts';
import { type Field, fieldsOf } from './fields.ts';
import { schemaOf } from './json-schema.ts';
import { notes } from '../../events/notes/notes.ts';

const start = '<!-- Written by `npm run schemas`, from here -->';
const end = '<!-- to here: changes by hand are lost -->';

/**
 * Puts the sections about events into a document, between its two markers. Throws RangeError where a marker is missing.
 */
export function withEventSections(document: string): string {
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new RangeError(`the document lacks the lines ${start} and ${end}`);
  const sections = [overview(), ...eventTypes.map(sectionOf)];
  const generated = ['<!-- prettier-ignore-start -->', ...sections, '<!-- prettier-ignore-end -->'].join(
    '\n\n',
  );
  return `${document.slice(0, from)}${start}\n${generated}\n${document.slice(to)}`;
}

function overview(): string {
  const rows = eventTypes.map((type) => [linked(type), rowOf(type).parts.join(', '), summaryOf(type)]);
  return table(['event', 'written by', 'what it says'], rows);
}

function sectionOf(type: EventType): string {
  const { written, id, before, after } = notes[type];
  const facts = [
    `**Written** by ${rowOf(type).parts.join(' or ')}, ${written}`,
    `**Subject** \`${patternOf(addressOf(type))}\``,
    `**Filter** for all of them \`${filterOf(type)}\``,
    `**Id** \`${id}\``,
    `**Before it** ${linked(before)}`,
    `**After it** ${linked(after)}`,
    `**Schema** [${type}.json](../streams/schemas/${type}.json)`,
  ];
  const list = facts.map((fact) => `- ${fact}`).join('\n');
  const fields = table(['field', 'type', 'meaning'], fieldsOf(schemaOf(type)).map(cellsOf));
  return [`### ${type}`, summaryOf(type), list, fields, fenced(type)].join('\n\n');
}

function summaryOf(type: EventType): string {
  return schemaOf(type).description ?? '';
}

function cellsOf({ path, type, isOptional, meaning }: Field): string[] {
  return [`\`${path}\``, isOptional ? `${type}; optional` : type, meaning];
}

/** The subject first, then the headers, then the data. */
function fenced(type: EventType): string {
  const { subject, headers, body } = exampleOf(type);
  // What the server itself appends has no message id.
  const messageId = rowOf(type).timer ? {} : { 'Nats-Msg-Id': headers['ce-id'] ?? '' };
  const lines = Object.entries({ ...headers, ...messageId }).map(([name, value]) => `${name}: ${value}`);
  return ['```text', subject, '', ...lines, '', JSON.stringify(body, null, 2), '```'].join('\n');
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Names of events become links to their sections. */
function linked(text: string): string {
  const names = new RegExp(`\\b(${eventTypes.join('|')})\\b`, 'g');
  return text.replaceAll(names, (name) => `[${name}](#${name.toLowerCase()})`);
}

/** `aw.alert.{status}` as people read it: `aw.alert.<status>`. */
function patternOf(address: string): string {
  return address.replaceAll('{', '<').replaceAll('}', '>');
}
