import type { RangeVector, SampleRuns } from "../evaluation.ts";

/** The samples of one series in one range: indexes [from, to) of the arrays, times in (startMs, endMs]. Never empty. */
export interface Window {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  from: number;
  to: number;
  /** The last sample of the row before `to` that is lower than the one before it; -1 when none is. */
  lastDrop: number;
  startMs: number;
  endMs: number;
  /** The instant of the evaluation; differs from `endMs` by `offset` and `@`. */
  nowMs: number;
}

/** Undefined: no result for this range, for instance because it has too few samples. */
export type RangeFunction = (window: Window, parameter: number, second: number) => number | undefined;

type Ranges = Pick<RangeVector, "rangeMs" | "endsMs" | "nowsMs">;

/** Goes through the non-empty windows of one row after another; `window` is the same object each time, moved on. */
export class WindowCursor {
  readonly window: Window;
  readonly #runs: SampleRuns;
  readonly #ranges: Ranges;
  #begin = 0;
  #end = 0;
  #next = 0;

  constructor(runs: SampleRuns, ranges: Ranges) {
    this.#runs = runs;
    this.#ranges = ranges;
    const { timesMs, values } = runs;
    this.window = { timesMs, values, from: 0, to: 0, lastDrop: -1, startMs: 0, endMs: 0, nowMs: 0 };
  }

  /** To before the first window of the row. */
  begin(row: number): void {
    const begin = this.#runs.begins[row] ?? 0;
    this.#begin = begin;
    this.window.from = begin;
    this.window.to = begin;
    this.window.lastDrop = -1;
    this.#end = this.#runs.begins[row + 1] ?? 0;
    this.#next = 0;
  }

  /** Moves to the next window and answers its step; undefined after the last. */
  next(): number | undefined {
    const { window } = this;
    const { timesMs, values } = window;
    const { rangeMs, endsMs, nowsMs } = this.#ranges;
    while (this.#next < endsMs.length) {
      const step = this.#next++;
      window.endMs = endsMs[step] ?? 0;
      window.startMs = window.endMs - rangeMs;
      window.nowMs = nowsMs[step] ?? 0;
      for (let to = window.to; to < this.#end && (timesMs[to] ?? 0) <= window.endMs; window.to = ++to) {
        if (to > this.#begin && (values[to] ?? 0) < (values[to - 1] ?? 0)) window.lastDrop = to;
      }
      while (window.from < window.to && (timesMs[window.from] ?? 0) <= window.startMs) window.from += 1;
      if (window.from < window.to) return step;
    }
    return undefined;
  }
}
