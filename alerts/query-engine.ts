import type { EpochMs } from "../core/clock.ts";
import type { Labels } from "../core/series.ts";

/** Answers the expressions of rules. Whoever runs PromQL provides it. */
export interface QueryEngine {
  /** The instant vector of `expr` at a moment; rejects when it cannot be answered or the signal aborts. */
  instant(expr: string, at: EpochMs, signal: AbortSignal): Promise<InstantVector>;
}

export type InstantVector = readonly { readonly labels: Labels; readonly value: number }[];
