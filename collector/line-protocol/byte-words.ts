// Bytes that are held to be looked for in others, as words of four, little endian, the last one filled up with zeros. To compare
// four at a time is twice as fast, and most bytes of a body are series and field keys that were seen before.

export function wordsFor(bytes: number): number {
  return (bytes + 3) >> 2;
}

export function putBytes(words: Int32Array, from: number, bytes: Uint8Array): void {
  words.fill(0, from, from + wordsFor(bytes.length));
  for (let i = 0; i < bytes.length; i++) {
    const word = from + (i >> 2);
    words[word] = (words[word] ?? 0) | ((bytes[i] ?? 0) << (8 * (i & 3)));
  }
}

export function takeBytes(words: Int32Array, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = byteAt(words, from, i);
  return bytes;
}

/** Whether the bytes held at `from` stand in the view at a place. */
export function standsAt(words: Int32Array, from: number, length: number, view: DataView, at: number): boolean {
  if (at + length + 4 > view.byteLength) return endsWith(words, from, length, view, at);
  const whole = length >> 2;
  for (let word = 0; word < whole; word++) {
    if (view.getInt32(at + 4 * word, true) !== words[from + word]) return false;
  }
  const left = 8 * (length & 3);
  if (left === 0) return true;
  return ((view.getInt32(at + 4 * whole, true) ^ (words[from + whole] ?? 0)) & ((1 << left) - 1)) === 0;
}

/** The same one by one, since behind the end there is nothing to read. */
function endsWith(words: Int32Array, from: number, length: number, view: DataView, at: number): boolean {
  if (at + length > view.byteLength) return false;
  for (let i = 0; i < length; i++) if (view.getUint8(at + i) !== byteAt(words, from, i)) return false;
  return true;
}

function byteAt(words: Int32Array, from: number, i: number): number {
  return ((words[from + (i >> 2)] ?? 0) >>> (8 * (i & 3))) & 0xff;
}
