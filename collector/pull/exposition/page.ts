import { isUtf8 } from "node:buffer";
import { HASH, LF, SPACE, TAB } from "../../line-protocol/ascii.ts";
import { type Fault, faultAt } from "../../line-protocol/line.ts";
import { sampleValue, timeInMs, timeInSeconds } from "./number.ts";
import { endOfBraces, isNameByte, readSeriesText, type SeriesText, skipBlanks } from "./series-text.ts";

/** `text` is Prometheus' text format 0.0.4; in `openmetrics` times are seconds. */
export type PageFormat = "text" | "openmetrics";

export interface PageProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

const BRACE_OPEN = 0x7b;

/**
 * Reads the samples of one page, one at a time; what a sample says stands in the reader until the next is read. The series is
 * left as bytes, since most were on the page before. Comments, types and exemplars are passed over. As in Prometheus a page is
 * good as a whole or not at all.
 * Source: Prometheus, Exposition formats; where it is silent, model/textparse/promlex.l.
 */
export class ExpositionPage {
  readonly #body: Buffer;
  readonly #timeOf: (text: string) => number | undefined;
  readonly #isUtf8: boolean;
  #next = 0;

  /** Bytes of the sample's name and labels. */
  seriesStart = 0;
  seriesEnd = 0;
  value = 0;
  /** Undefined when the sample is of the moment the page was asked for. */
  atMs: number | undefined;

  constructor(body: Buffer, format: PageFormat = "text") {
    this.#body = body;
    this.#timeOf = format === "text" ? timeInMs : timeInSeconds;
    this.#isUtf8 = isUtf8(body);
  }

  /** Undefined at the end of the page. Nothing can be read after a problem. */
  next(): "sample" | PageProblem | undefined {
    if (!this.#isUtf8) return { line: 1, message: "the page is not UTF-8" };
    const body = this.#body;
    let at = this.#next;
    for (;;) {
      at = skipBlanks(body, at, body.length);
      if (at === body.length) return undefined;
      const byte = body[at];
      if (byte === LF) at++;
      else if (byte === HASH) at = this.#endOfLine(at);
      else break;
    }
    const fault = this.#readSample(at, this.#endOfLine(at));
    return fault === undefined ? "sample" : this.problem(fault);
  }

  /** Name and labels of the sample last read. */
  series(): SeriesText | Fault {
    return readSeriesText(this.#body, this.seriesStart, this.seriesEnd);
  }

  /** The same text for the same bytes. */
  seriesKey(): string {
    return this.#body.toString("latin1", this.seriesStart, this.seriesEnd);
  }

  problem({ offset, message }: Fault): PageProblem {
    let line = 1;
    for (let at = this.#body.indexOf(LF); at >= 0 && at < offset; at = this.#body.indexOf(LF, at + 1)) line++;
    return { line, message };
  }

  #readSample(start: number, end: number): Fault | undefined {
    const body = this.#body;
    let nameEnd = start;
    while (nameEnd < end && isNameByte(body[nameEnd] ?? 0, nameEnd === start)) nameEnd++;
    if (nameEnd === start) return faultAt(start, "a metric's name is expected");
    const open = skipBlanks(body, nameEnd, end);
    this.seriesStart = start;
    this.seriesEnd = nameEnd;
    if (body[open] === BRACE_OPEN) {
      const close = endOfBraces(body, open, end);
      if (close < 0) return faultAt(open, "the labels have no end");
      this.seriesEnd = close + 1;
    } else if (open === nameEnd) return faultAt(nameEnd, "{ or a blank is expected behind the metric's name");
    return this.#readValue(skipBlanks(body, this.seriesEnd, end), end);
  }

  #readValue(start: number, end: number): Fault | undefined {
    const body = this.#body;
    const valueEnd = endOfWord(body, start, end);
    const value = sampleValue(body, start, valueEnd);
    if (value === undefined)
      return faultAt(start, valueEnd === start ? "the value is missing" : "no number of 64 bits");
    this.value = value;
    this.atMs = undefined;
    const timeStart = skipBlanks(body, valueEnd, end);
    this.#next = end;
    if (timeStart === end || body[timeStart] === HASH) return undefined;
    const timeEnd = endOfWord(body, timeStart, end);
    this.atMs = this.#timeOf(body.toString("latin1", timeStart, timeEnd));
    if (this.atMs === undefined) return faultAt(timeStart, "no time");
    const rest = skipBlanks(body, timeEnd, end);
    return rest === end || body[rest] === HASH ? undefined : faultAt(rest, "something follows the time");
  }

  #endOfLine(start: number): number {
    const newline = this.#body.indexOf(LF, start);
    return newline < 0 ? this.#body.length : newline;
  }
}

function endOfWord(body: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && body[at] !== SPACE && body[at] !== TAB) at++;
  return at;
}
