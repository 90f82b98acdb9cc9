import { add, type Compensated } from "../statistics.ts";
import type { RangeFunction, Window } from "./window.ts";

/** Least squares over a window; x is seconds from `originMs`. Source: Prometheus, promql/functions.go, linearRegression. */
function linearRegression(window: Window, originMs: number): { readonly slope: number; readonly intercept: number } {
  const { timesMs, values, from, to } = window;
  const first = values[from] ?? 0;
  if (isConstant(window, first)) {
    return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: Number.NaN, intercept: Number.NaN };
  }
  const [sumX, sumY, sumXY, sumXX] = [zero(), zero(), zero(), zero()];
  for (let i = from; i < to; i++) {
    const x = ((timesMs[i] ?? 0) - originMs) / 1_000;
    const y = values[i] ?? 0;
    add(sumX, x);
    add(sumY, y);
    add(sumXY, x * y);
    add(sumXX, x * x);
  }
  const n = to - from;
  const [x, y] = [totalOf(sumX), totalOf(sumY)];
  const covariance = totalOf(sumXY) - (x * y) / n;
  const variance = totalOf(sumXX) - (x * x) / n;
  const slope = covariance / variance;
  return { slope, intercept: y / n - (slope * x) / n };
}

const zero = (): Compensated => ({ total: 0, compensation: 0 });
const totalOf = ({ total, compensation }: Compensated): number => total + compensation;

function isConstant({ values, from, to }: Window, first: number): boolean {
  for (let i = from + 1; i < to; i++) if (values[i] !== first) return false;
  return true;
}

export const deriv: RangeFunction = (window) => {
  if (window.to - window.from < 2) return undefined;
  return linearRegression(window, window.timesMs[window.from] ?? 0).slope;
};

/** The value the line through the samples will have `seconds` after the instant of the evaluation. */
export const predictLinear: RangeFunction = (window, seconds) => {
  if (window.to - window.from < 2) return undefined;
  const { slope, intercept } = linearRegression(window, window.nowMs);
  return slope * seconds + intercept;
};
