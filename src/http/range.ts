/** A part of a file: both bytes belong to it. */
export interface ByteRange {
  from: number;
  to: number;
}

const form = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * The part of a file of so many bytes that a header `Range` asks for (RFC 9110). Undefined where it asks for none, for several
 * or in another unit: then all of it is sent.
 */
export function rangeIn(header: string | undefined, bytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [matched, first = '', last = ''] = form.exec(header ?? '') ?? [];
  if (matched === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'unsatisfiable' : { from: bytes - length, to: bytes - 1 };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return undefined;
  if (from >= bytes) return 'unsatisfiable';
  return { from, to: last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1) };
}

/** Those bytes of a file. What is before them is read and dropped; what is behind them is not read. */
export async function* bytesIn(
  file: AsyncIterable<Uint8Array>,
  { from, to }: ByteRange,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const part of file) {
    const wanted = part.subarray(Math.max(0, from - at), Math.max(0, to + 1 - at));
    at += part.length;
    if (wanted.length > 0) yield wanted;
    // The last byte of a file is followed by a check of the whole: its end is waited for.
    if (at > to + 1) return;
  }
}
