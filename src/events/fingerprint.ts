// FNV-1a 64 in two halves of 32 bits: BigInt takes a hundred times as long. The prime is 2^40 + 0x1b3.
const offsetHigh = 0xcbf29ce4;
const offsetLow = 0x84222325;
const primeLow = 0x1b3;
const separator = 0xff;

/**
 * The fingerprint of a label set as Prometheus computes it (prometheus/common, model.LabelSet.Fingerprint): FNV-1a 64
 * over the labels sorted by the bytes of their names, each as name, 0xff, value, 0xff; 16 hex digits.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let high = offsetHigh;
  let low = offsetLow;
  const add = (byte: number) => {
    const product = ((low ^ byte) >>> 0) * primeLow;
    // All of it stays below 2^53: what is beyond 32 bits goes into the high half, and there away.
    high = (high * primeLow + ((low ^ byte) << 8) + Math.floor(product / 0x1_0000_0000)) >>> 0;
    low = product >>> 0;
  };
  const addText = (text: string) => {
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) {
        for (const byte of Buffer.from(text.slice(index), 'utf8')) add(byte);
        break;
      }
      add(unit);
    }
    add(separator);
  };
  for (const name of Object.keys(labels).sort(byBytes)) {
    addText(name);
    addText(labels[name] ?? '');
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** UTF-8 sorts as code points do; UTF-16 units only below the surrogates. */
function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (isPlain(a) && isPlain(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

function isPlain(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}
