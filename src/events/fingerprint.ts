const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = 0xffffffffffffffffn;
const separator = 0xff;

const encoder = new TextEncoder();

/**
 * The fingerprint of a label set as Prometheus computes it (prometheus/common, model.LabelSet.Fingerprint): FNV-1a 64
 * over the labels sorted by the bytes of their names, each as name, 0xff, value, 0xff; 16 hex digits.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels)
    .map(([name, value]) => [encoder.encode(name), encoder.encode(value)] as const)
    .sort(([a], [b]) => compareBytes(a, b));
  let hash = offsetBasis;
  const add = (byte: number) => {
    hash = ((hash ^ BigInt(byte)) * prime) & mask;
  };
  for (const [name, value] of sorted) {
    name.forEach(add);
    add(separator);
    value.forEach(add);
    add(separator);
  }
  return hash.toString(16).padStart(16, '0');
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
