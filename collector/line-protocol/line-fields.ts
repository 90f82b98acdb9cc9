import { BACKSLASH, COMMA, DELETE, EQUALS, QUOTE, SPACE } from "./ascii.ts";
import type { FieldKeys } from "./field-keys.ts";
import { bareField } from "./field-value.ts";
import { type Fault, FIELD_KINDS, faultAt } from "./line.ts";
import type { LineColumns } from "./line-columns.ts";
import { isLineEnd } from "./line-end.ts";
import { bareEnd, isValueEnd, stringEnd } from "./scan.ts";

const PLACE_STRING = FIELD_KINDS.indexOf("string");

/** Reads fields with all that line protocol allows, into columns. */
export class LineFields {
  readonly #body: Buffer;
  readonly #view: DataView;
  readonly #most: number;
  readonly #columns: LineColumns;
  /** Why the last line's could not be read. */
  fault: Fault = faultAt(0, "");

  /** `view` is of the body's bytes; of more fields than `most` a line is bad. */
  constructor(body: Buffer, view: DataView, columns: LineColumns, most: number) {
    this.#body = body;
    this.#view = view;
    this.#columns = columns;
    this.#most = most;
  }

  /** Reads the fields that begin at `start`. Where they end; −1 when one is bad. */
  read(start: number, fieldKeys: FieldKeys): number {
    const [body, view, { keys }] = [this.#body, this.#view, this.#columns];
    let at = start;
    let count = 0;
    if (isLineEnd(body, at)) return this.#fail(at, "missing fields");
    for (;;) {
      if (count === this.#most) return this.#fail(at, `more than ${this.#most} fields`);
      let equals = fieldKeys.endsAt(count, view, at);
      if (equals >= 0) keys[count] = fieldKeys.expectedAt(count);
      else {
        equals = this.#keyEnd(at);
        if (equals < 0) return -1;
        keys[count] = fieldKeys.learn(count, body, at, equals);
      }
      at = this.#readValue(count, equals + 1);
      if (at < 0) return -1;
      count++;
      if (body[at] !== COMMA) break;
      at++;
    }
    this.#columns.count = count;
    return at;
  }

  /** Where the value ends; −1 when it is bad. */
  #readValue(place: number, start: number): number {
    const body = this.#body;
    if (body[start] === QUOTE) return this.#readText(place, start);
    const end = bareEnd(body, start);
    const field = bareField(body, start, end);
    if (typeof field === "string") return this.#fail(start, field);
    this.#columns.put(place, FIELD_KINDS.indexOf(field.kind), Number(field.value));
    return end;
  }

  #readText(place: number, start: number): number {
    const end = stringEnd(this.#body, start);
    if (end < 0) return this.#fail(start, "the string has no closing quote");
    if (!isValueEnd(this.#body, end)) return this.#fail(end, "something follows the string");
    this.#columns.put(place, PLACE_STRING, Number.NaN);
    this.#columns.textStarts[place] = start + 1;
    this.#columns.textEnds[place] = end - 1;
    return end;
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
