import type { EpochMs } from "../../core/clock.ts";
import type { FullScope } from "../../store/embedded/metrics/series-limits.ts";
import type { KnownSeries } from "../line-protocol/known-series.ts";
import type { LineReader } from "../line-protocol/parse.ts";
import type { Precision } from "../line-protocol/precision.ts";

/** Says which lines are refused because there are too many series. */
export interface SeriesGate {
  /** Whether it takes a question to say so of the line last read. */
  isUnsure(line: LineReader): boolean;
  /** Where lines begin that are refused, and what is full. A line nobody is sure of is not among them: the head decides, and counts. */
  refusedOf(
    unsure: UnsureLines,
    read: { readonly precision: Precision; readonly receivedAt: EpochMs },
  ): Promise<ReadonlyMap<number, FullScope>>;
}

interface UnsureLine {
  /** Where it begins in the body. */
  readonly start: number;
  readonly series: KnownSeries;
  /** The numbers of its field keys; −1 of one that has none. */
  readonly fields: readonly number[];
}

/** Of one body; more are left to the head. */
const MOST_LINES = 10_000;
const NEWLINE = Buffer.from("\n");

/** Lines of a body that it takes a question to say something of. */
export class UnsureLines {
  readonly lines: UnsureLine[] = [];
  readonly #body: Buffer;
  readonly #texts: Buffer[] = [];

  constructor(body: Buffer) {
    this.#body = body;
  }

  get count(): number {
    return this.lines.length;
  }

  add(line: LineReader): void {
    if (this.count >= MOST_LINES) return;
    const fields = Array.from({ length: line.fieldCount }, (_, place) => line.fieldKeyAt(place).number);
    this.lines.push({ start: line.start, series: line.series, fields });
    this.#texts.push(this.#body.subarray(line.start, line.end), NEWLINE);
  }

  text(): Buffer {
    return Buffer.concat(this.#texts);
  }
}
