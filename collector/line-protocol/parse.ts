import { isUtf8 } from "node:buffer";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { bareField } from "./field-value.ts";
import { type Fault, type Field, faultAt, type LineProblem, type ParsedLine } from "./line.ts";
import { endOfLine, firstInvalidUtf8, isLineEnd } from "./line-end.ts";
import { type Precision, timeMs } from "./precision.ts";
import { decode, readSeriesKey } from "./series-key.ts";
import { type FieldKeys, type KnownSeries, SeriesKeys } from "./series-keys.ts";

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

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

/**
 * Reads the lines of one body of InfluxDB line protocol, good or bad, one at a time, so that a long body can be read in
 * slices. A bad line takes nothing else with it.
 * Source: InfluxDB line protocol reference; where it is silent, what InfluxDB 1.x does.
 */
export class LineReader {
  readonly #body: Buffer;
  readonly #precision: Precision;
  readonly #receivedAt: EpochMs;
  readonly #limits: LineLimits;
  readonly #keys: SeriesKeys;
  readonly #wholeIsUtf8: boolean;
  #at = 0;
  #lineNumber = 1;
  #lineStart = 0;

  constructor(body: Buffer, options: ReadOptions) {
    this.#body = body;
    this.#precision = options.precision;
    this.#receivedAt = options.receivedAt;
    this.#limits = options.limits ?? LINE_LIMITS;
    this.#keys = options.keys ?? new SeriesKeys();
    this.#wholeIsUtf8 = isUtf8(body);
  }

  /** Undefined after the last line. Empty lines and comments are passed over. */
  next(): ParsedLine | LineProblem | undefined {
    const start = this.#skipBlank();
    if (start === undefined) return undefined;
    const line = this.#readLine(start);
    if (line.kind === "line") {
      this.#at = line.end;
      const fault = this.#checkWhole(start, line.end);
      return fault === undefined ? line : this.#problem(start, line.end, fault);
    }
    const end = endOfLine(this.#body, start);
    this.#at = end;
    return this.#problem(start, end, line);
  }

  #skipBlank(): number | undefined {
    const body = this.#body;
    let at = this.#at;
    while (at < body.length) {
      const byte = body[at];
      if (byte === HASH) {
        const newline = body.indexOf(LF, at);
        at = newline < 0 ? body.length : newline;
      } else if (byte === SPACE || byte === TAB || byte === LF || (byte === CR && body[at + 1] === LF)) at++;
      else return at;
    }
    this.#at = at;
    return undefined;
  }

  #readLine(start: number): ParsedLine | Fault {
    const keyEnd = this.#keyEnd(start);
    if (typeof keyEnd !== "number") return keyEnd;
    const series = this.#series(start, keyEnd);
    if ("kind" in series) return series;
    const fields: Field[] = [];
    const fieldsStart = skipSpaces(this.#body, keyEnd);
    const fieldsEnd = this.#readFields(fieldsStart, series.fieldKeys, fields);
    if (typeof fieldsEnd !== "number") return fieldsEnd;
    const body = this.#body;
    const line = { kind: "line", start, fieldsStart, fieldsEnd, series: series.key, fields } as const;
    const timeStart = skipSpaces(body, fieldsEnd);
    if (isLineEnd(body, timeStart)) {
      return { ...line, end: timeStart, at: this.#receivedAt };
    }
    let timeEnd = timeStart;
    while (body[timeEnd] !== SPACE && !isLineEnd(body, timeEnd)) timeEnd++;
    const at = timeMs(body, timeStart, timeEnd, this.#precision);
    if (typeof at === "string") return faultAt(timeStart, at);
    const end = skipSpaces(body, timeEnd);
    if (!isLineEnd(body, end)) return faultAt(end, "something follows the timestamp");
    return { ...line, end, at: epochMsOf(at) };
  }

  /** Where the first space that is not escaped stands. */
  #keyEnd(start: number): number | Fault {
    const body = this.#body;
    for (let i = start; i < body.length; i++) {
      const byte = body[i] ?? 0;
      if (byte === SPACE && (i === start || body[i - 1] !== BACKSLASH)) return i;
      if (byte < SPACE || byte === DELETE) return faultAt(i, isLineEnd(body, i) ? "missing fields" : CONTROL);
    }
    return faultAt(body.length, "missing fields");
  }

  #series(start: number, end: number): KnownSeries | Fault {
    const limit = this.#limits.seriesKeyBytes;
    if (end - start > limit) return faultAt(start, `measurement and tags are longer than ${limit} bytes`);
    const bytes = this.#body.toString("latin1", start, end);
    const known = this.#keys.get(bytes);
    if (known !== undefined) return known;
    const key = readSeriesKey(this.#body, start, end, this.#limits.tags);
    return "kind" in key ? key : this.#keys.add(bytes, key);
  }

  #readFields(start: number, fieldKeys: FieldKeys, fields: Field[]): number | Fault {
    const body = this.#body;
    let at = start;
    if (isLineEnd(body, at)) return faultAt(at, "missing fields");
    for (;;) {
      if (fields.length === this.#limits.fields) return faultAt(at, `more than ${this.#limits.fields} fields`);
      const place = fields.length;
      const expected = fieldKeys.endsAt(place, body, at);
      const equals = expected < 0 ? fieldKeyEnd(body, at) : expected;
      if (typeof equals !== "number") return equals;
      const key = expected < 0 ? fieldKeys.learn(place, body, at, equals) : fieldKeys.textAt(place);
      at =
        body[equals + 1] === QUOTE
          ? this.#readString(key, equals + 1, fields)
          : this.#readBare(key, equals + 1, fields);
      if (at < 0) return this.#valueFault(equals + 1);
      if (body[at] !== COMMA) return at;
      at++;
    }
  }

  /** Adds the field and returns where its value ends; −1 when it has none. */
  #readBare(key: string, start: number, fields: Field[]): number {
    const end = bareEnd(this.#body, start);
    const field = bareField(key, this.#body, start, end);
    if (typeof field === "string") return -1;
    fields.push(field);
    return end;
  }

  #readString(key: string, start: number, fields: Field[]): number {
    const end = stringEnd(this.#body, start);
    if (end < 0 || !isValueEnd(this.#body, end)) return -1;
    const text = decode(this.#body, start + 1, end - 1);
    fields.push({ key, kind: "string", value: text.includes("\\") ? text.replace(/\\(["\\])/g, "$1") : text });
    return end;
  }

  #valueFault(start: number): Fault {
    const body = this.#body;
    if (body[start] === QUOTE) {
      const end = stringEnd(body, start);
      return end < 0 ? faultAt(start, "the string has no closing quote") : faultAt(end, "something follows the string");
    }
    const why = bareField("", body, start, bareEnd(body, start));
    return faultAt(start, typeof why === "string" ? why : "malformed field value");
  }

  #checkWhole(start: number, end: number): Fault | undefined {
    if (end - start > this.#limits.lineBytes) return faultAt(start, `longer than ${this.#limits.lineBytes} bytes`);
    if (this.#wholeIsUtf8) return undefined;
    const offset = firstInvalidUtf8(this.#body, start, end);
    return offset === undefined ? undefined : faultAt(offset, "not valid UTF-8");
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
    return { kind: "problem", start, end, ...this.placeOf(offset), message };
  }
}

const CONTROL = "control character";

function skipSpaces(body: Buffer, start: number): number {
  let at = start;
  while (body[at] === SPACE) at++;
  return at;
}

/** Where the `=` after a field's key stands. */
function fieldKeyEnd(body: Buffer, start: number): number | Fault {
  for (let i = start; !isLineEnd(body, i); i++) {
    const byte = body[i] ?? 0;
    if (byte < SPACE || byte === DELETE) return faultAt(i, CONTROL);
    if (i > start && body[i - 1] === BACKSLASH) continue;
    if (byte === EQUALS) return i > start ? i : faultAt(i, "missing field key");
    if (byte === COMMA || byte === SPACE)
      return faultAt(i, i > start ? "missing = and value of the field" : "missing field key");
  }
  return faultAt(start, "missing = and value of the field");
}

function bareEnd(body: Buffer, start: number): number {
  for (let at = start; ; at++) {
    const byte = body[at];
    if ((byte === undefined || byte <= COMMA) && isValueEnd(body, at)) return at;
  }
}

function isValueEnd(body: Buffer, at: number): boolean {
  const byte = body[at];
  return byte === COMMA || byte === SPACE || isLineEnd(body, at);
}

/** Behind the closing quote; −1 when there is none. */
function stringEnd(body: Buffer, start: number): number {
  for (let i = start + 1; i < body.length; i++) {
    const byte = body[i];
    if (byte === BACKSLASH && (body[i + 1] === QUOTE || body[i + 1] === BACKSLASH)) i++;
    else if (byte === QUOTE) return i + 1;
  }
  return -1;
}
