/** The samples of many series, gathered in the order they are read, each in its own place. */
export class SampleRuns {
  readonly #slotOf: (series: number) => number | undefined;
  readonly #runs: { times: Float64Array; values: Float64Array; length: number; isRising: boolean }[] = [];

  /** Of these series, each at its place in the list. */
  constructor(series: readonly number[]) {
    this.#slotOf = placesOf(series);
    for (let slot = 0; slot < series.length; slot++) {
      this.#runs.push({ times: NO_NUMBERS, values: NO_NUMBERS, length: 0, isRising: true });
    }
  }

  /** False when the series is none of these. */
  add(series: number, at: number, value: number): boolean {
    const run = this.#runs[this.#slotOf(series) ?? -1];
    if (run === undefined) return false;
    const { length } = run;
    if (length === run.times.length) {
      const capacity = Math.max(FIRST_SAMPLES, 2 * length);
      run.times = grown(run.times, capacity);
      run.values = grown(run.values, capacity);
    }
    if (length > 0 && !(at > (run.times[length - 1] ?? 0))) run.isRising = false;
    run.times[length] = at;
    run.values[length] = value;
    run.length++;
    return true;
  }

  /** In ascending, distinct times: of those with one time the last that was added. Undefined when there is none. */
  finish(slot: number): { readonly timesMs: Float64Array; readonly values: Float64Array } | undefined {
    const run = this.#runs[slot];
    if (run === undefined || run.length === 0) return undefined;
    const [times, values] = [run.times.subarray(0, run.length), run.values.subarray(0, run.length)];
    return run.isRising ? { timesMs: times, values } : inOrder(times, values);
  }
}

/** Many are looked up in an array, which is faster; for a few it would be mostly empty. */
function placesOf(series: readonly number[]): (series: number) => number | undefined {
  if (series.length <= MOST_IN_MAP) {
    const places = new Map(series.map((id, place) => [id, place]));
    return (id) => places.get(id);
  }
  const places = new Int32Array(1 + series.reduce((most, id) => Math.max(most, id), 0)).fill(-1);
  for (const [place, id] of series.entries()) places[id] = place;
  return (id) => places[id];
}

const MOST_IN_MAP = 1_000;
const NO_NUMBERS = new Float64Array(0);
const FIRST_SAMPLES = 16;

function grown(before: Float64Array, capacity: number): Float64Array {
  const after = new Float64Array(capacity);
  after.set(before);
  return after;
}

function inOrder(times: Float64Array, values: Float64Array) {
  const order = Uint32Array.from(times.keys()).sort(
    (left, right) => (times[left] ?? 0) - (times[right] ?? 0) || left - right,
  );
  const kept = order.filter((place, rank) => times[order[rank + 1] ?? -1] !== times[place]);
  return {
    timesMs: Float64Array.from(kept, (place) => times[place] ?? 0),
    values: Float64Array.from(kept, (place) => values[place] ?? 0),
  };
}
