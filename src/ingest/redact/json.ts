import { mask } from './patterns.ts';

/** What becomes of the parts of a JSON value. */
export interface JsonRedaction {
  isDropped: (name: string) => boolean;
  isMasked: (name: string) => boolean;
  /** Masks what matches in a text. */
  text: (text: string) => string;
  /** Told of each text that is dropped or masked by its name. */
  onSecret: (text: string) => void;
}

/** What is nested deeper is masked: it would fill the stack. */
const maxDepth = 64;
/** JSON in a text of JSON counts as so many levels: four texts deep. Each is parsed anew. */
const textDepth = 16;

/**
 * The same for names and texts within JSON that stands in a label or an annotation. Texts in it that are
 * JSON are treated alike. The text itself where it is no JSON object, list or quoted text, or nothing changes.
 */
export function redactJson(text: string, redaction: JsonRedaction): string {
  return redactedJson(text, redaction, 0);
}

function redactedJson(text: string, redaction: JsonRedaction, depth: number): string {
  const value = parsed(text);
  if (value === undefined) return text;
  const redacted = redactedValue(value, redaction, depth);
  return redacted === value ? text : JSON.stringify(redacted);
}

/** The same value, not a copy, where nothing changes. */
function redactedValue(value: unknown, redaction: JsonRedaction, depth: number): unknown {
  if (typeof value === 'string') {
    if (depth + textDepth <= maxDepth)
      return redaction.text(redactedJson(value, redaction, depth + textDepth));
    return parsed(value) === undefined ? redaction.text(value) : mask;
  }
  if (typeof value === 'number') {
    const text = String(value);
    const masked = redaction.text(text);
    return masked === text ? value : masked;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return mask;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => redactedValue(item, redaction, depth + 1));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  return redactedRecord(value as Record<string, unknown>, redaction, depth);
}

function redactedRecord(record: Record<string, unknown>, redaction: JsonRedaction, depth: number): unknown {
  const { isDropped, isMasked, text, onSecret } = redaction;
  let isChanged = false;
  const entries: [string, unknown][] = [];
  for (const [name, value] of Object.entries(record)) {
    if (isDropped(name)) {
      tellTexts(value, onSecret);
      isChanged = true;
      continue;
    }
    if (isMasked(name)) tellTexts(value, onSecret);
    const kept = isMasked(name) ? mask : redactedValue(value, redaction, depth + 1);
    // A name may be one of what the patterns are for.
    const shown = text(name);
    isChanged ||= kept !== value || shown !== name;
    entries.push([shown, kept]);
  }
  return isChanged ? Object.fromEntries(entries) : record;
}

function tellTexts(value: unknown, onSecret: (text: string) => void): void {
  const left = [value];
  while (left.length > 0) {
    const each = left.pop();
    if (typeof each === 'string' || typeof each === 'number') onSecret(String(each));
    // One by one: a list of a body may have more items than a call may have arguments.
    else if (typeof each === 'object' && each !== null)
      for (const item of Object.values(each)) left.push(item);
  }
}

/** Undefined for what does not even look like an object, a list or a quoted text, without parsing it. */
function parsed(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
