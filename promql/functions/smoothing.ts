import { failedQuery } from "../invalid-query.ts";
import type { RangeFunction } from "./window.ts";

/**
 * `double_exponential_smoothing(v, smoothing, trend)`: Holt's linear trend. `holt_winters` in Prometheus 2.
 * Errors: `promql.failed` when a factor is not between 0 and 1.
 */
export const doubleExponentialSmoothing: RangeFunction = ({ values, from, to }, smoothing, trend) => {
  checkFactor("smoothing", smoothing);
  checkFactor("trend", trend);
  if (to - from < 2) return undefined;
  let before = 0;
  let smoothed = values[from] ?? 0;
  let slope = (values[from + 1] ?? 0) - smoothed;
  for (let i = from + 1; i < to; i++) {
    if (i > from + 1) slope = trend * (smoothed - before) + (1 - trend) * slope;
    const next = smoothing * (values[i] ?? 0) + (1 - smoothing) * (smoothed + slope);
    before = smoothed;
    smoothed = next;
  }
  return smoothed;
};

function checkFactor(name: string, factor: number): void {
  if (factor > 0 && factor < 1) return;
  throw failedQuery(`invalid ${name} factor. Expected: 0 < factor < 1, got: ${factor}`, "use a factor such as 0.5");
}
