import type { Computing, RangeVector, SampleRuns } from "../evaluation.ts";
import { type RangeFunction, WindowCursor } from "./window.ts";

/** A function, and its numbers at each instant. */
export interface Applying {
  readonly apply: RangeFunction;
  readonly parameters: readonly Float64Array[];
}

/** Where results go: that of row i at instant w to `[begin + i * count + w]`, if there is one. */
export interface WindowResults {
  readonly begin: number;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Applies a function to each window of each row that has samples. */
export async function fillWindows(
  runs: SampleRuns,
  ranges: Pick<RangeVector, "rangeMs" | "endsMs" | "nowsMs">,
  { apply, parameters }: Applying,
  { begin, values, present }: WindowResults,
  { budget }: Pick<Computing, "budget">,
): Promise<void> {
  const [first = NO_PARAMETER, second = NO_PARAMETER] = parameters;
  const count = ranges.endsMs.length;
  const cursor = new WindowCursor(runs, ranges);
  const { window } = cursor;
  for (let row = 0, at = begin; row < runs.ids.length; row++, at += count) {
    cursor.begin(row);
    for (let step = cursor.next(); step !== undefined; step = cursor.next()) {
      const value = apply(window, first[step] ?? 0, second[step] ?? 0);
      if (value !== undefined) {
        values[at + step] = value;
        present[at + step] = 1;
      }
      if (budget.work(STEPS_PER_WINDOW + window.to - window.from)) await budget.breathe();
    }
  }
}

const STEPS_PER_WINDOW = 3;
const NO_PARAMETER = new Float64Array(0);
