import { BACKSLASH, COMMA, EQUALS, NINE, QUOTE, SPACE, TAB, ZERO } from "../../line-protocol/ascii.ts";
import { type Fault, faultAt } from "../../line-protocol/line.ts";

/** A sample's name and labels, as the page says them. */
export interface SeriesText {
  readonly name: string;
  /** Without those that are empty, which say as much as absent ones; names are distinct. */
  readonly labels: readonly (readonly [name: string, value: string])[];
}

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;

export function isNameByte(byte: number, isFirst: boolean): boolean {
  const letter = byte | 0x20;
  if ((letter >= 0x61 && letter <= 0x7a) || byte === UNDERSCORE || byte === COLON) return true;
  return !isFirst && byte >= ZERO && byte <= NINE;
}

/** Reads what stands between two bytes, `name` or `name{label="value",…}`. */
export function readSeriesText(body: Buffer, start: number, end: number): SeriesText | Fault {
  const nameEnd = endOfName(body, start, end, true);
  if (nameEnd === start) return faultAt(start, "a metric's name is expected");
  const name = body.toString("latin1", start, nameEnd);
  const open = skipBlanks(body, nameEnd, end);
  if (open === end) return { name, labels: [] };
  if (body[open] !== BRACE_OPEN) return faultAt(open, "{ or a blank is expected behind the metric's name");
  return readLabels(body, open + 1, { end, name });
}

function readLabels(body: Buffer, start: number, { end, name }: { end: number; name: string }): SeriesText | Fault {
  const labels: [string, string][] = [];
  const seen = new Set<string>();
  let at = skipBlanks(body, start, end);
  while (body[at] !== BRACE_CLOSE) {
    const label = readLabel(body, at, end);
    if ("kind" in label) return label;
    if (seen.has(label.name)) return faultAt(at, `the label ${label.name} stands twice`);
    seen.add(label.name);
    if (label.value !== "") labels.push([label.name, label.value]);
    at = skipBlanks(body, label.next, end);
    if (body[at] === BRACE_CLOSE) break;
    if (body[at] !== COMMA) return faultAt(at, ", or } is expected behind a label");
    at = skipBlanks(body, at + 1, end);
  }
  return at === end - 1 ? { name, labels } : faultAt(at + 1, "something stands behind the labels");
}

interface Label {
  readonly name: string;
  readonly value: string;
  readonly next: number;
}

function readLabel(body: Buffer, start: number, end: number): Label | Fault {
  const nameEnd = endOfName(body, start, end, false);
  if (nameEnd === start) return faultAt(start, "a label's name is expected");
  const equals = skipBlanks(body, nameEnd, end);
  if (body[equals] !== EQUALS) return faultAt(equals, "= is expected behind a label's name");
  const quote = skipBlanks(body, equals + 1, end);
  if (body[quote] !== QUOTE) return faultAt(quote, 'a label\'s value is expected in " "');
  const close = endOfQuoted(body, quote, end);
  if (close < 0) return faultAt(quote, "the label's value has no end");
  const text = body.toString("utf8", quote + 1, close);
  const value = text.includes("\\") ? text.replace(/\\([\\"n])/g, unescaped) : text;
  return { name: body.toString("latin1", start, nameEnd), value, next: close + 1 };
}

/** A backslash before anything else stands for itself, as in Prometheus. */
function unescaped(_: string, letter: string): string {
  return letter === "n" ? "\n" : letter;
}

/** Only metrics' names may have colons. */
function endOfName(body: Buffer, start: number, end: number, mayHaveColons: boolean): number {
  let at = start;
  while (at < end) {
    const byte = body[at] ?? 0;
    if (!isNameByte(byte, at === start) || (byte === COLON && !mayHaveColons)) break;
    at++;
  }
  return at;
}

/** Where the closing quote stands; −1 when the line or the text ends before. `start` is the opening one. */
export function endOfQuoted(body: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const byte = body[at];
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at;
  }
  return -1;
}

/** Where the closing brace stands; −1 when there is none. `start` is the opening one. */
export function endOfBraces(body: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const byte = body[at];
    if (byte === BRACE_CLOSE) return at;
    if (byte !== QUOTE) continue;
    const close = endOfQuoted(body, at, end);
    if (close < 0) return -1;
    at = close;
  }
  return -1;
}

export function skipBlanks(body: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (body[at] === SPACE || body[at] === TAB)) at++;
  return at;
}
