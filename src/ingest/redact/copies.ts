/** A longer one is not searched. */
const longestField = 8_192;
/** Nor is one for more secrets than that: no honest alert has so many. */
const maxSecrets = 1_000;

/**
 * A field that may repeat labels, such as groupKey or generatorURL, as it is stored: what `text` masks is masked. Empty where it
 * repeats a secret, or has something to mask, in another way of writing it: quoted as Go, PromQL and JSON quote, escaped as in a
 * URL, or both.
 */
export function redactCopy(
  field: string,
  secrets: readonly string[],
  text: (text: string) => string,
): string {
  if (field === '') return field;
  if (field.length > longestField || secrets.length > maxSecrets) return '';
  const masked = text(field);
  const isOpen = readingsOf(masked).some(
    (reading) => secrets.some((secret) => reading.includes(secret)) || text(reading) !== reading,
  );
  return isOpen ? '' : masked;
}

// All alerts of a body have the same groupKey, and alerts of a rule the same generatorURL.
const remembered = new Map<string, string[]>();
const maxRemembered = 16;

/** Everything that a text may be read as. */
function readingsOf(field: string): string[] {
  const known = remembered.get(field);
  if (known) return known;
  const once = decoded(field);
  const plain = new Set([field, once, fromQuery(field), decoded(once), fromQuery(once)]);
  const readings = [...new Set([...plain, ...[...plain].map(unquoted)])];
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(field, readings);
  return readings;
}

function fromQuery(text: string): string {
  return decoded(text.replaceAll('+', ' '));
}

/** Without the escapes of URLs; what is no UTF-8 becomes U+FFFD. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

const controls: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Without the escapes of Go's strings, which are PromQL's and more than JSON's. */
function unquoted(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gsu,
    (escape: string, byte?: string, short?: string, long?: string, char?: string) => {
      const code = byte ?? short ?? long;
      if (code === undefined) return controls[char ?? ''] ?? char ?? escape;
      const point = Number.parseInt(code, 16);
      return point > 0x10_ff_ff ? escape : String.fromCodePoint(point);
    },
  );
}
