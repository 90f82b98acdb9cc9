/** The samples of one series in one range: indexes [from, to) of the arrays, times in (startMs, endMs]. Never empty. */
export interface Window {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  from: number;
  to: number;
  startMs: number;
  endMs: number;
  /** The instant of the evaluation; differs from `endMs` by `offset` and `@`. */
  nowMs: number;
}

/** Undefined: no result for this range, for instance because it has too few samples. */
export type RangeFunction = (window: Window, parameter: number) => number | undefined;
