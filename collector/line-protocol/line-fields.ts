import { BACKSLASH, COMMA, DELETE, EQUALS, LF, MINUS, NINE, POINT, QUOTE, SPACE, SUFFIX_I, ZERO } from "./ascii.ts";
import type { FieldKey, FieldKeys } from "./field-keys.ts";
import { bareField, POWERS_OF_TEN } from "./field-value.ts";
import { type Fault, FIELD_KINDS, type FieldKind, faultAt } from "./line.ts";
import { isLineEnd } from "./line-end.ts";
import { bareEnd, isValueEnd, stringEnd } from "./scan.ts";
import { decode } from "./series-key.ts";

/** As many as surely fit into 31 bits. */
const HIGH_DIGITS = 9;
const FLOAT = FIELD_KINDS.indexOf("float");
const INT = FIELD_KINDS.indexOf("int");

/** The fields of one line at a time, in columns: nothing is made for a field. */
export class LineFields {
  readonly #body: Buffer;
  readonly #view: DataView;
  readonly #most: number;
  readonly #keys: FieldKey[] = [];
  /** Places in `FIELD_KINDS`. */
  readonly #kinds: number[] = [];
  readonly #values: number[] = [];
  /** Where texts begin and end, between their quotes. */
  readonly #textStarts: number[] = [];
  readonly #textEnds: number[] = [];
  count = 0;
  /** Why the last line's could not be read. */
  fault: Fault = faultAt(0, "");

  /** `view` is of the body's bytes; of more fields than `most` a line is bad. */
  constructor(body: Buffer, view: DataView, most: number) {
    this.#body = body;
    this.#view = view;
    this.#most = most;
  }

  keyAt(place: number): FieldKey {
    const key = this.#keys[place];
    if (key === undefined) throw new RangeError(`no field at place ${place}`);
    return key;
  }

  kindAt(place: number): FieldKind {
    return FIELD_KINDS[this.#kinds[place] ?? FLOAT] ?? "float";
  }

  /**
   * A number; 1 or 0 of a boolean; NaN of a text. `int` and `uint` are rounded to the nearest double; their exact digits stand
   * in the line.
   */
  valueAt(place: number): number {
    return this.#values[place] ?? Number.NaN;
  }

  textAt(place: number): string {
    const text = decode(this.#body, this.#textStarts[place] ?? 0, this.#textEnds[place] ?? 0);
    return text.includes("\\") ? text.replace(/\\(["\\])/g, "$1") : text;
  }

  /** Reads the fields that begin at `start`. Where they end; −1 when one is bad. */
  read(start: number, fieldKeys: FieldKeys): number {
    const [body, view] = [this.#body, this.#view];
    let at = start;
    let count = 0;
    if (isLineEnd(body, at)) return this.#fail(at, "missing fields");
    for (;;) {
      if (count === this.#most) return this.#fail(at, `more than ${this.#most} fields`);
      let equals = fieldKeys.endsAt(count, view, at);
      if (equals >= 0) this.#keys[count] = fieldKeys.expectedAt(count);
      else {
        equals = this.#keyEnd(at);
        if (equals < 0) return -1;
        this.#keys[count] = fieldKeys.learn(count, body, at, equals);
      }
      at = this.#readValue(count, equals + 1);
      if (at < 0) return -1;
      count++;
      if (body[at] !== COMMA) break;
      at++;
    }
    this.count = count;
    return at;
  }

  /** Where the value ends; −1 when it is bad. Numbers of up to 15 digits are read here, in one pass. */
  #readValue(place: number, start: number): number {
    const body = this.#body;
    const isNegative = body[start] === MINUS;
    const digitsStart = isNegative ? start + 1 : start;
    let at = digitsStart;
    // In two whole numbers of 32 bits, which is several times faster than in one double.
    let [high, low, digits, pointBehind] = [0, 0, 0, -1];
    let byte = 0;
    for (; ; at++) {
      byte = body[at] ?? LF;
      if (byte >= ZERO && byte <= NINE) {
        if (digits < HIGH_DIGITS) high = (Math.imul(high, 10) + byte - ZERO) | 0;
        else low = (Math.imul(low, 10) + byte - ZERO) | 0;
        digits++;
      } else if (byte === POINT && pointBehind < 0) pointBehind = digits;
      else break;
    }
    if (digits === 0 || digits > 15) return this.#readOther(place, start);
    const mantissa = digits <= HIGH_DIGITS ? high : high * (POWERS_OF_TEN[digits - HIGH_DIGITS] ?? 1) + low;
    if (byte === COMMA || byte === SPACE || byte === LF) {
      const value = pointBehind < 0 ? mantissa : mantissa / (POWERS_OF_TEN[digits - pointBehind] ?? 1);
      this.#put(place, FLOAT, isNegative ? -value : value);
      return at;
    }
    if (byte === SUFFIX_I && pointBehind < 0 && isValueEnd(body, at + 1)) {
      this.#put(place, INT, isNegative && mantissa !== 0 ? -mantissa : mantissa);
      return at + 1;
    }
    return this.#readOther(place, start);
  }

  #readOther(place: number, start: number): number {
    const body = this.#body;
    if (body[start] === QUOTE) return this.#readText(place, start);
    const end = bareEnd(body, start);
    const field = bareField(body, start, end);
    if (typeof field === "string") return this.#fail(start, field);
    this.#put(place, FIELD_KINDS.indexOf(field.kind), Number(field.value));
    return end;
  }

  #readText(place: number, start: number): number {
    const end = stringEnd(this.#body, start);
    if (end < 0) return this.#fail(start, "the string has no closing quote");
    if (!isValueEnd(this.#body, end)) return this.#fail(end, "something follows the string");
    this.#put(place, FIELD_KINDS.indexOf("string"), Number.NaN);
    this.#textStarts[place] = start + 1;
    this.#textEnds[place] = end - 1;
    return end;
  }

  #put(place: number, kind: number, value: number): void {
    this.#kinds[place] = kind;
    this.#values[place] = value;
  }

  /** Where the `=` after a field's key stands; −1 when the key is bad. */
  #keyEnd(start: number): number {
    const body = this.#body;
    for (let i = start; !isLineEnd(body, i); i++) {
      const byte = body[i] ?? 0;
      if (byte < SPACE || byte === DELETE) return this.#fail(i, CONTROL);
      if (i > start && body[i - 1] === BACKSLASH) continue;
      if (byte === EQUALS) return i > start ? i : this.#fail(i, "missing field key");
      if (byte === COMMA || byte === SPACE)
        return this.#fail(i, i > start ? "missing = and value of the field" : "missing field key");
    }
    return this.#fail(start, "missing = and value of the field");
  }

  #fail(offset: number, message: string): -1 {
    this.fault = faultAt(offset, message);
    return -1;
  }
}

const CONTROL = "control character";
