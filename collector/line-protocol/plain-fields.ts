import { COMMA, LF, MINUS, POINT, SPACE, SUFFIX_I } from "./ascii.ts";
import { fourDigits, leadingDigits } from "./digits.ts";
import type { PlacedKey } from "./field-keys.ts";
import { POWERS_OF_TEN } from "./field-value.ts";
import { type LineColumns, PLACE_FLOAT, PLACE_INT } from "./line-columns.ts";

const FOUR = 4;
const TEN_THOUSAND = 10_000;
/** What is read of a number beyond its digits and the byte behind them. */
const NUMBER_MARGIN = 8;
/** As many digits as a double tells apart for certain. */
const MAX_DIGITS = 15;

/**
 * Reads fields as agents send them: the expected keys, numbers of up to 15 digits without an exponent. Where they end, at a space or a
 * newline; −1 as soon as anything is otherwise, or the end of the body is near: then nothing is known of the line, and `LineFields` reads it.
 * One function on purpose, with nothing made and nothing called that is not a few instructions: it sees every byte of a cloud.
 */
export function readPlainFields(
  columns: LineColumns,
  view: DataView,
  start: number,
  expected: readonly PlacedKey[],
): number {
  const { keys, kinds, values } = columns;
  const lastWord = view.byteLength - FOUR;
  const places = Math.min(expected.length, values.length);
  let at = start;
  for (let place = 0; place < places; place++) {
    const placed = expected[place];
    if (placed === undefined) return -1;
    const { words, length } = placed;
    if (at + length + NUMBER_MARGIN > lastWord) return -1;
    const whole = length >> 2;
    for (let word = 0; word < whole; word++) {
      if (view.getInt32(at + FOUR * word, true) !== words[word]) return -1;
    }
    const left = 8 * (length & 3);
    if (left !== 0) {
      const differs = view.getInt32(at + FOUR * whole, true) ^ (words[whole] ?? 0);
      if ((differs & ((1 << left) - 1)) !== 0) return -1;
    }
    at += length;
    const isNegative = view.getUint8(at) === MINUS;
    if (isNegative) at++;
    const digitsStart = at;
    let value = 0;
    let byte = 0;
    let pointAt = -1;
    for (;;) {
      if (at > lastWord) return -1;
      let word = view.getInt32(at, true);
      let digits = leadingDigits(word);
      while (digits === FOUR) {
        value = value * TEN_THOUSAND + fourDigits(word, FOUR);
        at += FOUR;
        if (at > lastWord) return -1;
        word = view.getInt32(at, true);
        digits = leadingDigits(word);
      }
      if (digits > 0) {
        value = value * (POWERS_OF_TEN[digits] ?? 1) + fourDigits(word, digits);
        at += digits;
      }
      byte = view.getUint8(at);
      if (byte !== POINT || pointAt >= 0) break;
      pointAt = at++;
    }
    const hasPoint = pointAt >= 0;
    const count = at - digitsStart - (hasPoint ? 1 : 0);
    if (count === 0 || count > MAX_DIGITS) return -1;
    let kind = PLACE_FLOAT;
    if (hasPoint) value /= POWERS_OF_TEN[at - pointAt - 1] ?? 1;
    else if (byte === SUFFIX_I) {
      kind = PLACE_INT;
      byte = view.getUint8(++at);
    }
    if (keys[place] !== placed.key) keys[place] = placed.key;
    kinds[place] = kind;
    values[place] = isNegative && (kind === PLACE_FLOAT || value !== 0) ? -value : value;
    if (byte !== COMMA) {
      if (byte !== SPACE && byte !== LF) return -1;
      columns.count = place + 1;
      return at;
    }
    at++;
  }
  return -1;
}
