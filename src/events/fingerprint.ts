const separator = 0xff;

/**
 * The fingerprint of a label set as Prometheus computes it (prometheus/common, model.LabelSet.Fingerprint): FNV-1a 64
 * over the labels sorted by the bytes of their names, each as name, 0xff, value, 0xff; 16 hex digits.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort(byBytes);
  // The offset basis, in two halves of 32 bits: BigInt takes a hundred times as long.
  let high = 0xcbf29ce4 | 0;
  let low = 0x84222325 | 0;
  for (let index = 0; index < names.length * 2; index += 1) {
    const name = names[index >> 1] ?? '';
    const text = bytesOf(index % 2 === 0 ? name : (labels[name] ?? ''));
    for (let at = 0; at <= text.length; at += 1) {
      const byte = at < text.length ? text.charCodeAt(at) : separator;
      low ^= byte;
      // Times the prime, 2^40 + 0x1b3: the low half by 16 bits at a time, so that everything stays a small integer.
      const first = (low & 0xffff) * 0x1b3;
      const second = (low >>> 16) * 0x1b3 + (first >>> 16);
      high = (Math.imul(high, 0x1b3) + (low << 8) + (second >>> 16)) | 0;
      low = (second << 16) | (first & 0xffff);
    }
  }
  return hexOf(high) + hexOf(low);
}

function hexOf(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}

/** A text of which each unit is a byte of the UTF-8 of the given one: itself, where that is ASCII. */
function bytesOf(text: string): string {
  return isPlain(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function byBytes(a: string, b: string): number {
  const [bytesA, bytesB] = [bytesOf(a), bytesOf(b)];
  return bytesA < bytesB ? -1 : bytesA > bytesB ? 1 : 0;
}

const plain = /^[\0-\x7f]*$/;

function isPlain(text: string): boolean {
  return plain.test(text);
}
