import type { EpochMs } from "../core/clock.ts";
import type { LabelMatcher, Series } from "../core/series.ts";

/** Where samples come from. A store's `select` satisfies it. */
export interface SeriesSource {
  /** Samples with `from <= time <= to` of every series all matchers match. */
  select(selection: SeriesSelection): Promise<readonly Series[]>;
}

export interface SeriesSelection {
  readonly matchers: readonly LabelMatcher[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly signal?: AbortSignal | undefined;
  /** Told what the answer lacks, by a source that can answer without it. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** What an evaluation needs besides the query and its times. */
export interface QueryContext {
  readonly source: SeriesSource;
  /** Ends the evaluation; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<QueryLimits> | undefined;
  /** How old the last sample of a series may be to still count. */
  readonly lookbackMs?: number | undefined;
  /** Step of subqueries that name none. */
  readonly defaultStepMs?: number | undefined;
}

export interface QueryLimits {
  /** Samples a query may load and compute in all; 16 bytes each. */
  readonly maxSamples: number;
  /** Steps of a range query. */
  readonly maxPointsPerSeries: number;
}

/** The values Prometheus uses, but for the samples: 20 million are 320 MB. */
export const QUERY_DEFAULTS = {
  lookbackMs: 300_000,
  defaultStepMs: 60_000,
  limits: { maxSamples: 20_000_000, maxPointsPerSeries: 11_000 },
} as const;
