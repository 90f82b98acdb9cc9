/**
 * Prometheus marks the end of a series with one particular NaN, 0x7ff0000000000002. JavaScript cannot tell NaNs apart
 * by value, so its bits are read and written through a view of the array. It may also quiet a signalling NaN, as this one is,
 * when it copies it: the marker in its quiet form is the marker, too.
 * Source: Prometheus, model/value/value.go.
 */
const STALE_HIGH = 0x7ff00000;
const QUIET_STALE_HIGH = 0x7ff80000;
const STALE_LOW = 0x00000002;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const [LOW_WORD, HIGH_WORD] = LITTLE_ENDIAN ? [0, 1] : [1, 0];

export function markStale(values: Float64Array, index: number): void {
  const words = wordsOf(values);
  words[index * 2 + LOW_WORD] = STALE_LOW;
  words[index * 2 + HIGH_WORD] = STALE_HIGH;
}

/** 1 where a value is the stale marker; undefined when none is. */
export function staleMarks(values: Float64Array): Uint8Array | undefined {
  let marks: Uint8Array | undefined;
  let words: Uint32Array | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // Only a NaN differs from itself.
    // biome-ignore lint/suspicious/noSelfCompare: the fastest test for NaN in a loop over every sample
    if (value === value) continue;
    words ??= wordsOf(values);
    const high = words[i * 2 + HIGH_WORD];
    if (words[i * 2 + LOW_WORD] !== STALE_LOW || (high !== STALE_HIGH && high !== QUIET_STALE_HIGH)) continue;
    marks ??= new Uint8Array(values.length);
    marks[i] = 1;
  }
  return marks;
}

function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}
