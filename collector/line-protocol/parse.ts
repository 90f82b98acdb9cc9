import { isUtf8 } from "node:buffer";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { BACKSLASH, CR, DELETE, HASH, LF, SPACE, TAB, ZERO } from "./ascii.ts";
import { fourDigits, leadingDigits } from "./digits.ts";
import type { FieldKey } from "./field-keys.ts";
import type { KnownSeries } from "./known-series.ts";
import { type Fault, type FieldKind, faultAt, type LineProblem } from "./line.ts";
import type { LineColumns } from "./line-columns.ts";
import { endOfLine, firstInvalidUtf8, isLineEnd } from "./line-end.ts";
import { LineFields } from "./line-fields.ts";
import { readPlainFields } from "./plain-fields.ts";
import { MAX_TIME_MS, type Precision, timeMs } from "./precision.ts";
import { skipSpaces } from "./scan.ts";
import { decode, readSeriesKey } from "./series-key.ts";
import { SeriesKeys } from "./series-keys.ts";

export interface LineLimits {
  readonly lineBytes: number;
  /** Measurement and tags, which are remembered. */
  readonly seriesKeyBytes: number;
  readonly tags: number;
  readonly fields: number;
}

export const LINE_LIMITS: LineLimits = { lineBytes: 128 * 1024, seriesKeyBytes: 4_096, tags: 64, fields: 1_024 };

export interface ReadOptions {
  readonly precision: Precision;
  /** The time of lines that carry none. */
  readonly receivedAt: EpochMs;
  readonly limits?: LineLimits;
  /** Shared between bodies, so that a series seen before costs one look-up. */
  readonly keys?: SeriesKeys;
}

const MS_DIGITS = 13;
const NEWLINE = Buffer.from("\n");

/**
 * Reads the lines of one body of InfluxDB line protocol, good or bad, one at a time, so that a long body can be read in
 * slices. A bad line takes nothing else with it. What a good line says stands in the reader until the next is read: nothing is
 * made for a line, since there are hundreds of thousands a second.
 * Source: InfluxDB line protocol reference; where it is silent, what InfluxDB 1.x does.
 */
export class LineReader {
  /** Ends in a newline, since reading past the end is slow. */
  readonly #body: Buffer;
  readonly #view: DataView;
  readonly #bodyBytes: number;
  readonly #precision: Precision;
  readonly #receivedAt: EpochMs;
  readonly #limits: LineLimits;
  readonly #keys: SeriesKeys;
  readonly #wholeIsUtf8: boolean;
  #next = 0;
  #lineNumber = 1;
  #lineStart = 0;
  #lastSeries: KnownSeries | undefined;
  #series: KnownSeries | undefined;
  readonly #columns: LineColumns;
  readonly #fields: LineFields;
  #fault: Fault = faultAt(0, "");

  /** Bytes `start` to `end` of the body are the line, without blanks before it and without its end. */
  start = 0;
  end = 0;
  /** Where the first field's key begins, and where the last field ends and the time may follow. */
  fieldsStart = 0;
  fieldsEnd = 0;
  at: EpochMs = epochMsOf(0);

  constructor(body: Buffer, options: ReadOptions) {
    const last = body.at(-1);
    // A carriage return at the very end is none of a line's end.
    this.#body = last === LF || last === CR ? body : Buffer.concat([body, NEWLINE]);
    this.#view = new DataView(this.#body.buffer, this.#body.byteOffset, this.#body.length);
    this.#bodyBytes = body.length;
    this.#precision = options.precision;
    this.#receivedAt = options.receivedAt;
    this.#limits = options.limits ?? LINE_LIMITS;
    this.#keys = options.keys ?? new SeriesKeys();
    this.#columns = this.#keys.lendColumns(this.#limits.fields);
    this.#fields = new LineFields(this.#body, this.#view, this.#columns, this.#limits.fields);
    this.#wholeIsUtf8 = isUtf8(body);
  }

  /** Undefined after the last line. Empty lines and comments are passed over. */
  next(): "line" | LineProblem | undefined {
    const start = this.#skipBlank();
    if (start < 0) {
      this.#keys.takeBack(this.#columns);
      return undefined;
    }
    this.start = start;
    const keyEnd = this.#readSeries(start);
    const isRead = keyEnd >= 0 && this.#readFields(keyEnd) && this.#readTime();
    const end = isRead ? this.end : Math.min(endOfLine(this.#body, start), this.#bodyBytes);
    this.#next = end;
    if (isRead && this.#checkWhole(start, end)) return "line";
    return this.#problem(start, end, this.#fault);
  }

  /** Passes over bad lines; false after the last line. */
  nextGood(): boolean {
    for (;;) {
      const line = this.next();
      if (line === "line") return true;
      if (line === undefined) return false;
    }
  }

  /** Of the line last read, as are those below. */
  get series(): KnownSeries {
    if (this.#series === undefined) throw new RangeError("no line was read");
    return this.#series;
  }

  get fieldCount(): number {
    return this.#columns.count;
  }

  /** Of fields, see `LineFields`. */
  fieldKeyAt(place: number): FieldKey {
    return this.#columns.keyAt(place);
  }

  kindAt(place: number): FieldKind {
    return this.#columns.kindAt(place);
  }

  valueAt(place: number): number {
    return this.#columns.valueAt(place);
  }

  textAt(place: number): string {
    const text = decode(this.#body, this.#columns.textStarts[place] ?? 0, this.#columns.textEnds[place] ?? 0);
    return text.includes("\\") ? text.replace(/\\(["\\])/g, "$1") : text;
  }

  /** −1 when only blanks are left. */
  #skipBlank(): number {
    const body = this.#body;
    const length = this.#bodyBytes;
    let at = this.#next;
    // Most often there is just the newline of the line before.
    if (at < length && body[at] === LF) at++;
    while (at < length) {
      const byte = body[at];
      if (byte === HASH) {
        const newline = body.indexOf(LF, at);
        at = newline < 0 ? length : newline;
      } else if (byte === SPACE || byte === TAB || byte === LF || (byte === CR && body[at + 1] === LF)) at++;
      else return at;
    }
    this.#next = at;
    return -1;
  }

  #readFields(keyEnd: number): boolean {
    const start = skipSpaces(this.#body, keyEnd);
    this.fieldsStart = start;
    const { fieldKeys } = this.series;
    let end = readPlainFields(this.#columns, this.#view, start, fieldKeys.expected);
    if (end < 0) end = this.#fields.read(start, fieldKeys);
    this.fieldsEnd = end;
    if (end < 0) this.#fault = this.#fields.fault;
    return end >= 0;
  }

  #isAt({ arena, from, length }: KnownSeries, start: number): boolean {
    const view = this.#view;
    const end = start + length;
    if (end + 4 > view.byteLength) return false;
    if (view.getUint8(end) !== SPACE) return false;
    let word = from;
    let at = start;
    for (; at <= end - 4; at += 4) if (view.getInt32(at, true) !== arena[word++]) return false;
    const left = 8 * (length & 3);
    return left === 0 || ((view.getInt32(at, true) ^ (arena[word] ?? 0)) & ((1 << left) - 1)) === 0;
  }

  /** Where the key ends; −1 when it is bad. */
  #readSeries(start: number): number {
    const expected = this.#lastSeries?.next;
    if (expected !== undefined && this.#isAt(expected, start)) {
      this.#series = this.#lastSeries = expected;
      return start + expected.length;
    }
    const end = this.#lookUp(start);
    if (end >= 0) {
      if (this.#lastSeries !== undefined) this.#lastSeries.next = this.#series;
      this.#lastSeries = this.#series;
    }
    return end;
  }

  #lookUp(start: number): number {
    const body = this.#body;
    let hash = this.#keys.hashBegin;
    let end = start;
    for (; ; end++) {
      const byte = body[end] ?? LF;
      if (byte <= SPACE || byte === DELETE) {
        if (byte === SPACE && (end === start || body[end - 1] !== BACKSLASH)) break;
        if (byte !== SPACE) return this.#fail(end, isLineEnd(body, end) ? "missing fields" : CONTROL);
      }
      hash = Math.imul(hash ^ byte, 16_777_619);
    }
    const limit = this.#limits.seriesKeyBytes;
    if (end - start > limit) return this.#fail(start, `measurement and tags are longer than ${limit} bytes`);
    const place = { start, end, hash };
    this.#series = this.#keys.get(body, this.#view, place);
    if (this.#series !== undefined) return end;
    const key = readSeriesKey(body, start, end, this.#limits.tags);
    if ("kind" in key) return this.#fail(key.offset, key.message);
    this.#series = this.#keys.add(body, place, key);
    return end;
  }

  #readTime(): boolean {
    const start = skipSpaces(this.#body, this.fieldsEnd);
    if (this.#precision === "ms" && this.#readPlainMs(start)) return true;
    const body = this.#body;
    if (isLineEnd(body, start)) {
      this.at = this.#receivedAt;
      this.end = start;
      return true;
    }
    let end = start;
    while (body[end] !== SPACE && !isLineEnd(body, end)) end++;
    const at = timeMs(body, start, end, this.#precision);
    if (typeof at === "string") return this.#fails(start, at);
    this.at = epochMsOf(at);
    this.end = skipSpaces(body, end);
    return isLineEnd(body, this.end) || this.#fails(this.end, "something follows the timestamp");
  }

  /** Thirteen digits and a newline: the years 2001 to 2286. */
  #readPlainMs(start: number): boolean {
    const view = this.#view;
    if (start + MS_DIGITS >= view.byteLength || view.getUint8(start + MS_DIGITS) !== LF) return false;
    let ms = 0;
    for (let at = start; at < start + 12; at += 4) {
      const word = view.getInt32(at, true);
      if (leadingDigits(word) !== 4) return false;
      ms = ms * 10_000 + fourDigits(word, 4);
    }
    const last = view.getUint8(start + 12) - ZERO;
    if (last < 0 || last > 9) return false;
    ms = ms * 10 + last;
    if (ms > MAX_TIME_MS) return false;
    this.at = epochMsOf(ms);
    this.end = start + MS_DIGITS;
    return true;
  }

  #checkWhole(start: number, end: number): boolean {
    if (end - start > this.#limits.lineBytes) {
      return this.#fails(start, `longer than ${this.#limits.lineBytes} bytes`);
    }
    if (this.#wholeIsUtf8) return true;
    const offset = firstInvalidUtf8(this.#body, start, end);
    return offset === undefined || this.#fails(offset, "not valid UTF-8");
  }

  #fail(offset: number, message: string): -1 {
    this.#fault = faultAt(offset, message);
    return -1;
  }

  #fails(offset: number, message: string): false {
    this.#fault = faultAt(offset, message);
    return false;
  }

  /** Line and column of a byte, both from 1. Bytes must be asked for in ascending order. */
  placeOf(offset: number): { readonly line: number; readonly column: number } {
    for (;;) {
      const newline = this.#body.indexOf(LF, this.#lineStart);
      if (newline < 0 || newline >= offset) break;
      this.#lineNumber++;
      this.#lineStart = newline + 1;
    }
    return { line: this.#lineNumber, column: offset - this.#lineStart + 1 };
  }

  #problem(start: number, end: number, { offset, message }: Fault): LineProblem {
    return { start, end, ...this.placeOf(offset), message };
  }
}

const CONTROL = "control character";
