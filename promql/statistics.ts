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
    if (!Number.isFinite(next)) compensation = 0;
    else if (Math.abs(total) >= Math.abs(value)) compensation += total - next + value;
    else compensation += value - next + total;
    total = next;
  }
  return total + compensation;
};

/** Falls back to a running mean when the sum would overflow. */
export const avg: Statistic = (values, from, to) => {
  const total = sum(values, from, to);
  if (Number.isFinite(total)) return total / (to - from);
  let mean = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    const n = i - from + 1;
    if (!Number.isFinite(mean) && (mean === value || Number.isFinite(value))) continue;
    mean += value / n - mean / n;
  }
  return mean;
};

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

/** Linear interpolation between the two nearest ranks; ±Inf for φ outside [0, 1]. NaN counts as smallest. */
export function quantile(phi: number, values: Float64Array, from: number, to: number): number {
  const n = to - from;
  if (n === 0 || Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  const sorted = values.slice(from, to).sort(ascendingNanFirst);
  const rank = phi * (n - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(n - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? 0) * (1 - weight) + (sorted[upper] ?? 0) * weight;
}

export function ascendingNanFirst(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  if (Number.isNaN(b)) return 1;
  return a - b;
}
