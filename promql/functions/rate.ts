import type { RangeFunction, Window } from "./window.ts";

/**
 * How much the samples rose between the ends of the range. The first and last sample seldom lie at its ends, so the
 * rise is extrapolated: to an end nearer than 1.1 average distances, else by half a distance, and for counters never
 * to below zero. Source: Prometheus, promql/functions.go, extrapolatedRate.
 */
function extrapolatedRise(window: Window, isCounter: boolean, perSeconds = 1): number | undefined {
  const { timesMs, values, from, to } = window;
  const distances = to - from - 1;
  if (distances < 1) return undefined;
  const firstMs = timesMs[from] ?? 0;
  const lastMs = timesMs[to - 1] ?? 0;
  const firstValue = values[from] ?? 0;
  let rise = (values[to - 1] ?? 0) - firstValue;
  if (isCounter) rise += lostInResets(window);

  const sampledSeconds = (lastMs - firstMs) / 1_000;
  const averageDistance = sampledSeconds / distances;
  const nearSeconds = averageDistance * 1.1;
  let toStart = (firstMs - window.startMs) / 1_000;
  if (toStart >= nearSeconds) toStart = averageDistance / 2;
  if (isCounter && rise > 0 && firstValue >= 0) toStart = Math.min(toStart, sampledSeconds * (firstValue / rise));
  let toEnd = (window.endMs - lastMs) / 1_000;
  if (toEnd >= nearSeconds) toEnd = averageDistance / 2;
  return rise * ((sampledSeconds + toStart + toEnd) / sampledSeconds / perSeconds);
}

/** What a counter had reached each time before it began anew. */
function lostInResets({ values, from, to, lastDrop }: Window): number {
  // Most windows have none, and those of a range query overlap.
  if (lastDrop <= from) return 0;
  let lost = 0;
  for (let i = from + 1; i < to; i++) {
    const before = values[i - 1] ?? 0;
    if ((values[i] ?? 0) < before) lost += before;
  }
  return lost;
}

export const increase: RangeFunction = (window) => extrapolatedRise(window, true);
export const delta: RangeFunction = (window) => extrapolatedRise(window, false);

export const rate: RangeFunction = (window) => extrapolatedRise(window, true, (window.endMs - window.startMs) / 1_000);

/** Between the last two samples, per second; a counter that fell began at zero. */
export const irate: RangeFunction = ({ timesMs, values, from, to }) => {
  if (to - from < 2) return undefined;
  const seconds = ((timesMs[to - 1] ?? 0) - (timesMs[to - 2] ?? 0)) / 1_000;
  const last = values[to - 1] ?? 0;
  const before = values[to - 2] ?? 0;
  return (last < before ? last : last - before) / seconds;
};

export const idelta: RangeFunction = ({ values, from, to }) => {
  if (to - from < 2) return undefined;
  return (values[to - 1] ?? 0) - (values[to - 2] ?? 0);
};

export const changes: RangeFunction = ({ values, from, to }) => {
  let changed = 0;
  for (let i = from + 1; i < to; i++) if (!Object.is(numeric(values[i]), numeric(values[i - 1]))) changed += 1;
  return changed;
};

/** 0 and −0 are equal, NaN equals NaN. */
function numeric(value: number | undefined): number {
  return (value ?? 0) + 0;
}

export const resets: RangeFunction = ({ values, from, to, lastDrop }) => {
  if (lastDrop <= from) return 0;
  let fell = 0;
  for (let i = from + 1; i < to; i++) if ((values[i] ?? 0) < (values[i - 1] ?? 0)) fell += 1;
  return fell;
};
