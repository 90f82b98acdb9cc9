import { staleMarks } from "../staleness.ts";
import type { RangeFunction } from "./window.ts";

/** What a selector without a range is of its last sample: the value, or the time in seconds. */
export type LastSampleFunction = "value" | "seconds";

export function isLastSampleFunction(name: string): name is LastSampleFunction {
  return name === "value" || name === "seconds";
}

/** Over windows of these values: nothing where the last of them marks the end of its series. */
export function lastSample(take: LastSampleFunction, of: Float64Array): RangeFunction {
  const stale = staleMarks(of);
  return ({ timesMs, values, to }) => {
    if (stale?.[to - 1] === 1) return undefined;
    return take === "value" ? values[to - 1] : (timesMs[to - 1] ?? 0) / 1_000;
  };
}
