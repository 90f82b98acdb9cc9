/**
 * Statistics over `values[from..to)`, shared by aggregations (over series) and `*_over_time` functions (over time).
 * Source: Prometheus, promql/functions.go and promql/engine.go.
 */
export type Statistic = (values: Float64Array, from: number, to: number) => number;

/** Kahan's summation as improved by Neumaier, so that 1e100 + 1 − 1e100 is 1. */
export const sum: Statistic = (values, from, to) => {
  let total = 0;
  let compensation = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    const next = total + value;
    if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) compensation = 0;
    else if (Math.abs(total) >= Math.abs(value)) compensation += total - next + value;
    else compensation += value - next + total;
    total = next;
  }
  return total + compensation;
};

/** The compensated sum by the count; once the sum would overflow, a running mean goes on from there. */
export const avg: Statistic = (values, from, to) => {
  const total = sum(values, from, to);
  return Number.isFinite(total) ? total / (to - from) : runningMean(values, from, to);
};

function runningMean(values: Float64Array, from: number, to: number): number {
  const mean: Compensated = { total: values[from] ?? 0, compensation: 0 };
  let isRunning = false;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] ?? 0;
    const n = i - from + 1;
    if (!isRunning) {
      const before = { ...mean };
      add(mean, value);
      if (!isInfinite(mean.total)) continue;
      isRunning = true;
      mean.total = before.total / (n - 1);
      mean.compensation = before.compensation / (n - 1);
    }
    const share = (n - 1) / n;
    mean.total *= share;
    mean.compensation *= share;
    add(mean, value / n);
  }
  return isRunning ? mean.total + mean.compensation : (mean.total + mean.compensation) / (to - from);
}

/** A sum and what rounding took from it. */
export interface Compensated {
  total: number;
  compensation: number;
}

export function add(sum: Compensated, value: number): void {
  const next = sum.total + value;
  if (isInfinite(next)) sum.compensation = 0;
  else if (Math.abs(sum.total) >= Math.abs(value)) sum.compensation += sum.total - next + value;
  else sum.compensation += value - next + sum.total;
  sum.total = next;
}

function isInfinite(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}

/** NaN only when every value is. */
export const min: Statistic = (values, from, to) => {
  let least = Number.NaN;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    if (value < least || Number.isNaN(least)) least = value;
  }
  return least;
};

/** NaN only when every value is. */
export const max: Statistic = (values, from, to) => {
  let most = Number.NaN;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    if (value > most || Number.isNaN(most)) most = value;
  }
  return most;
};

export const count: Statistic = (_values, from, to) => to - from;

/** Population variance, by Welford. */
export const stdvar: Statistic = (values, from, to) => {
  let mean = 0;
  let squares = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    const delta = value - mean;
    mean += delta / (i - from + 1);
    squares += delta * (value - mean);
  }
  return squares / (to - from);
};

export const stddev: Statistic = (values, from, to) => Math.sqrt(stdvar(values, from, to));

/** As `stdvar`, its sums compensated: so Prometheus does over time, but not over series. */
export const stdvarOverTime: Statistic = (values, from, to) => {
  const mean: Compensated = { total: 0, compensation: 0 };
  const squares: Compensated = { total: 0, compensation: 0 };
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    const delta = value - (mean.total + mean.compensation);
    add(mean, delta / (i - from + 1));
    add(squares, delta * (value - (mean.total + mean.compensation)));
  }
  return (squares.total + squares.compensation) / (to - from);
};

export const stddevOverTime: Statistic = (values, from, to) => Math.sqrt(stdvarOverTime(values, from, to));

/** Room for a copy that is done with at once: a new array for each of a million windows would be a million buffers. */
class Scratch {
  #room = new Float64Array(1_024);

  copyOf(values: Float64Array, from: number, to: number): Float64Array {
    if (to - from > MOST_KEPT) return values.slice(from, to);
    if (to - from > this.#room.length) this.#room = new Float64Array(Math.min(MOST_KEPT, 2 * (to - from)));
    const copy = this.#room.subarray(0, to - from);
    for (let i = from; i < to; i++) copy[i - from] = values[i] ?? 0;
    return copy;
  }
}

const MOST_KEPT = 100_000;
const SORTED = new Scratch();
const DISTANCES = new Scratch();

/** Linear interpolation between the two nearest ranks; ±Inf for φ outside [0, 1]. NaN counts as smallest. */
export function quantile(phi: number, values: Float64Array, from: number, to: number): number {
  const n = to - from;
  if (n === 0 || Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  const sorted = sortedNanFirst(SORTED.copyOf(values, from, to));
  const rank = phi * (n - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(n - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? 0) * (1 - weight) + (sorted[upper] ?? 0) * weight;
}

/** A typed array's own order has NaN last, and is several times faster than any other. */
function sortedNanFirst(values: Float64Array): Float64Array {
  values.sort();
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans += 1;
  if (nans === 0) return values;
  values.copyWithin(nans, 0, values.length - nans);
  return values.fill(Number.NaN, 0, nans);
}

/** Median of the distances from the median. */
export const mad: Statistic = (values, from, to) => {
  const median = quantile(0.5, values, from, to);
  const distances = DISTANCES.copyOf(values, from, to);
  for (let i = 0; i < distances.length; i++) distances[i] = Math.abs((distances[i] ?? 0) - median);
  return quantile(0.5, distances, 0, distances.length);
};
