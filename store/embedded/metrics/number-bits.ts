const NO_VALUE = new Uint32Array(Float64Array.of(Number.NaN).buffer);
const [NO_VALUE_0 = 0, NO_VALUE_1 = 0] = NO_VALUE;

/** Numbers and their bits, two words each: a NaN that is read and written as a number may lose some. */
export class NumberBits {
  readonly values: Float64Array;
  readonly words: Uint32Array;

  /** A view, nothing is copied. */
  constructor(values: Float64Array) {
    this.values = values;
    this.words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  }
}

/** The NaN that stands for no value. */
export function isNoValue(words: Uint32Array, place: number): boolean {
  return words[2 * place + 1] === NO_VALUE_1 && words[2 * place] === NO_VALUE_0;
}

export function putNoValue(words: Uint32Array, place: number): void {
  words[2 * place] = NO_VALUE_0;
  words[2 * place + 1] = NO_VALUE_1;
}

export function copyBits(from: Uint32Array, place: number, to: Uint32Array, at: number): void {
  to[2 * at] = from[2 * place] ?? 0;
  to[2 * at + 1] = from[2 * place + 1] ?? 0;
}
