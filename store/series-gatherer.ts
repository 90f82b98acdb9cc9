import { setImmediate as nextTurn } from "node:timers/promises";
import type { Labels, Series } from "../core/series.ts";
import { tooLarge } from "./embedded/metrics/selection-limit.ts";
import { labelsKey } from "./labels-key.ts";

/** Of several values with one time: the one that came last, or the greatest where a store does not know which that was. */
export type Collapse = "last" | "greatest";

interface Run {
  readonly labels: Labels;
  times: Float64Array;
  values: Float64Array;
  length: number;
  /** Where stretches of rising times begin: stores tell a series in sorted blocks. */
  readonly stretches: number[];
}

/** Puts together series that a store tells in pieces: equal labels are one series, equal times one sample. */
export class SeriesGatherer {
  readonly #limit: number;
  readonly #collapse: Collapse;
  readonly #runs = new Map<string, Run>();
  #left: number;

  constructor(limit: number, collapse: Collapse) {
    this.#limit = limit;
    this.#collapse = collapse;
    this.#left = limit;
  }

  /** Where the samples of a series go. Errors when one more than the limit comes: `query.too_large`. */
  seriesOf(labels: Labels): (at: number, value: number) => void {
    const key = labelsKey(labels);
    const known = this.#runs.get(key);
    const run = known ?? { labels, times: new Float64Array(), values: new Float64Array(), length: 0, stretches: [] };
    if (known === undefined) this.#runs.set(key, run);
    return (at, value) => {
      if (--this.#left < 0) throw tooLarge(this.#limit);
      add(run, at, value);
    };
  }

  /** Series with samples, each in ascending, distinct times. Others have their turn in between. */
  async finish(): Promise<readonly Series[]> {
    const series: Series[] = [];
    let samples = 0;
    for (const run of this.#runs.values()) {
      if (run.length === 0) continue;
      series.push(finished(run, this.#collapse));
      samples += run.length;
      if (samples < SAMPLES_PER_TURN) continue;
      samples = 0;
      await nextTurn();
    }
    return series;
  }
}

/** Sorting so many takes some milliseconds. */
const SAMPLES_PER_TURN = 50_000;
const FIRST_SAMPLES = 16;

function add(run: Run, at: number, value: number): void {
  const { length } = run;
  if (length === run.times.length) {
    run.times = grown(run.times);
    run.values = grown(run.values);
  }
  if (length === 0 || at <= (run.times[length - 1] ?? 0)) run.stretches.push(length);
  run.times[length] = at;
  run.values[length] = value;
  run.length++;
}

function grown(before: Float64Array): Float64Array {
  const after = new Float64Array(Math.max(FIRST_SAMPLES, 2 * before.length));
  after.set(before);
  return after;
}

function finished({ labels, length, stretches, ...run }: Run, collapse: Collapse): Series {
  const [times, values] = [run.times.subarray(0, length), run.values.subarray(0, length)];
  if (stretches.length === 1) return { labels, timesMs: times, values };
  return { labels, ...(joinedStretches(times, values, stretches) ?? sorted(times, values, collapse)) };
}

type Samples = Pick<Series, "timesMs" | "values">;

/** One behind the other, when none begins before another has ended. */
function joinedStretches(times: Float64Array, values: Float64Array, begins: readonly number[]): Samples | undefined {
  const stretches = begins
    .map((from, place) => ({ from, to: begins[place + 1] ?? times.length }))
    .sort((left, right) => (times[left.from] ?? 0) - (times[right.from] ?? 0));
  const [timesMs, joined] = [new Float64Array(times.length), new Float64Array(times.length)];
  let end = 0;
  for (const { from, to } of stretches) {
    if (end > 0 && (times[from] ?? 0) <= (timesMs[end - 1] ?? 0)) return undefined;
    timesMs.set(times.subarray(from, to), end);
    joined.set(values.subarray(from, to), end);
    end += to - from;
  }
  return { timesMs, values: joined };
}

function sorted(times: Float64Array, values: Float64Array, collapse: Collapse): Samples {
  const rank = collapse === "last" ? (place: number) => place : (place: number) => values[place] ?? 0;
  const order = Uint32Array.from(times.keys()).sort(
    (left, right) => (times[left] ?? 0) - (times[right] ?? 0) || rank(left) - rank(right),
  );
  const kept = order.filter((place, index) => times[order[index + 1] ?? -1] !== times[place]);
  return {
    timesMs: Float64Array.from(kept, (place) => times[place] ?? 0),
    values: Float64Array.from(kept, (place) => values[place] ?? 0),
  };
}
