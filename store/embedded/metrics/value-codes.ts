/**
 * How a value of a row lies behind the one before it in the same column of the same series, in half a byte and some bytes behind the
 * row's codes, lowest first:
 *
 *  0      the same bits
 *  1-6    more or less by a whole number, in so many bytes (zigzag)
 *  7-10   the same in thousandths, in 1 to 4 bytes: most numbers with a point have at most three digits behind it
 *  11     the NaN that stands for no value; what comes next is told from the value before
 *  12-15  the bits that differ, in the 5 to 8 lowest bytes
 *
 * A number is told by its difference only if what comes of adding it has every bit as it was, which is tried. Times are told as whole numbers.
 */
export const SAME = 0;
const MOST_WHOLE_BYTES = 6;
const MOST_THOUSANDTH_BYTES = 4;
export const ABSENT = 11;
const DIFFERENT_BITS = 7;

/** How many bytes each code has behind it. */
export const BYTES_OF_CODE = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 0, 5, 6, 7, 8);
/** The same of two codes in one byte. */
export const BYTES_OF_PAIR = Uint8Array.from(
  { length: 256 },
  (_, pair) => (BYTES_OF_CODE[pair & 15] ?? 0) + (BYTES_OF_CODE[pair >> 4] ?? 0),
);
/** Readers and writers may touch so many though fewer count. */
export const MOST_BYTES = 8;

const MOST_WHOLE = 2 ** (8 * MOST_WHOLE_BYTES - 1);
const MOST_THOUSANDTHS = 2 ** (8 * MOST_THOUSANDTH_BYTES - 1);
const WORD = 2 ** 32;
const NO_VALUE = new Uint32Array(Float64Array.of(Number.NaN).buffer);
const [NO_VALUE_0 = 0, NO_VALUE_1 = 0] = NO_VALUE;

/** Numbers and their bits, two words each: a NaN that is read and written as a number may lose some. */
export class NumberBits {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;

  /** A view, nothing is copied. */
  constructor(numbers: Float64Array) {
    this.numbers = numbers;
    this.words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
  }
}

/** Writes a whole number, of less than 2^47, and returns in how many bytes; those behind may be anything. */
export function putWhole(view: DataView, at: number, whole: number): number {
  const zigzag = whole >= 0 ? 2 * whole : -2 * whole - 1;
  view.setUint32(at, zigzag >>> 0, true);
  if (zigzag < WORD) return 4 - (Math.clz32(zigzag | 1) >> 3);
  const high = Math.floor(zigzag / WORD);
  view.setUint32(at + 4, high, true);
  return 8 - (Math.clz32(high) >> 3);
}

/** What `putWhole` wrote in so many bytes. As the other readers it looks at up to `MOST_BYTES`, which must be there. */
export function wholeAt(view: DataView, at: number, count: number): number {
  if (count <= 4) {
    const zigzag = wordAt(view, at, count);
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }
  const low = wordAt(view, at, 4);
  const half = wordAt(view, at + 4, count - 4) * (WORD / 2) + (low >>> 1);
  return (low & 1) === 0 ? half : -half - 1;
}

/** The NaN that stands for no value. */
export function isNoValue(words: Uint32Array, place: number): boolean {
  return words[2 * place + 1] === NO_VALUE_1 && words[2 * place] === NO_VALUE_0;
}

export function putNoValue(words: Uint32Array, place: number): void {
  words[2 * place] = NO_VALUE_0;
  words[2 * place + 1] = NO_VALUE_1;
}

/** Writes how a value differs from the one before it, which it takes the place of; returns the code. */
export function putValue(
  view: DataView,
  at: number,
  before: NumberBits,
  placeBefore: number,
  values: NumberBits,
  place: number,
): number {
  const [kept, words] = [before.words, values.words];
  const [word0, word1] = [words[2 * place] ?? 0, words[2 * place + 1] ?? 0];
  const [different0, different1] = [word0 ^ (kept[2 * placeBefore] ?? 0), word1 ^ (kept[2 * placeBefore + 1] ?? 0)];
  if (different0 === 0 && different1 === 0) return SAME;
  if (isNoValue(words, place)) return ABSENT;
  const code = putDifference(view, at, before.numbers[placeBefore] ?? 0, values.numbers[place] ?? 0);
  kept[2 * placeBefore] = word0;
  kept[2 * placeBefore + 1] = word1;
  return code > 0 ? code : putDifferentBits(view, at, different0, different1);
}

/** Returns 0 when it cannot be told so. */
function putDifference(view: DataView, at: number, before: number, value: number): number {
  if (value === 0 && 1 / value < 0) return 0;
  const whole = value - before;
  if (before + whole === value && Math.abs(whole) < MOST_WHOLE && Math.trunc(whole) === whole) {
    return putWhole(view, at, whole);
  }
  const thousandths = Math.round(value * 1_000) - Math.round(before * 1_000);
  if (thousandthsOn(before, thousandths) !== value || !(Math.abs(thousandths) < MOST_THOUSANDTHS)) return 0;
  return MOST_WHOLE_BYTES + putWhole(view, at, thousandths);
}

function thousandthsOn(before: number, thousandths: number): number {
  return (Math.round(before * 1_000) + thousandths) / 1_000;
}

function putDifferentBits(view: DataView, at: number, word0: number, word1: number): number {
  view.setUint32(at, word0, true);
  view.setUint32(at + 4, word1, true);
  return DIFFERENT_BITS + Math.max(5, 8 - (Math.clz32(word1) >> 3));
}

/** Of a word the first bytes, the lowest first. */
function wordAt(view: DataView, at: number, count: number): number {
  return view.getUint32(at, true) & (-1 >>> (32 - 8 * count));
}

/** Puts what `putValue` wrote in place of the value before, of a code that has bytes. */
export function addValue(view: DataView, at: number, code: number, before: NumberBits, place: number): void {
  const { numbers, words } = before;
  if (code <= MOST_WHOLE_BYTES) numbers[place] = (numbers[place] ?? 0) + wholeAt(view, at, code);
  else if (code < ABSENT)
    numbers[place] = thousandthsOn(numbers[place] ?? 0, wholeAt(view, at, code - MOST_WHOLE_BYTES));
  else {
    words[2 * place] = (words[2 * place] ?? 0) ^ wordAt(view, at, 4);
    words[2 * place + 1] = (words[2 * place + 1] ?? 0) ^ wordAt(view, at + 4, code - DIFFERENT_BITS - 4);
  }
}
