import type { RangeFunction, Window } from "./window.ts";

/** Least squares over a window; x is seconds from `originMs`. Source: Prometheus, promql/functions.go. */
function linearRegression(window: Window, originMs: number): { readonly slope: number; readonly intercept: number } {
  const { timesMs, values, from, to } = window;
  const first = values[from] ?? 0;
  if (isConstant(window, first)) {
    return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: Number.NaN, intercept: Number.NaN };
  }
  const n = to - from;
  let meanX = 0;
  let meanY = 0;
  let covariance = 0;
  let variance = 0;
  for (let i = from; i < to; i++) {
    const x = ((timesMs[i] ?? 0) - originMs) / 1_000;
    const y = values[i] ?? 0;
    const weight = 1 / (i - from + 1);
    const dx = x - meanX;
    meanX += dx * weight;
    meanY += (y - meanY) * weight;
    covariance += dx * (y - meanY);
    variance += dx * (x - meanX);
  }
  const slope = n < 2 ? Number.NaN : covariance / variance;
  return { slope, intercept: meanY - slope * meanX };
}

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
