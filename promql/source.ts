import type { EpochMs } from "../core/clock.ts";
import type { LabelMatcher, Series } from "../core/series.ts";
import type { SeriesBlock } from "../core/series-block.ts";
import type { WindowBlock, Windows } from "../core/window-block.ts";
import type { SharedReads } from "./shared-reads.ts";

/** Where samples come from. A store's `select` satisfies it. */
export interface SeriesSource {
  /** Samples with `from <= time <= to` of every series all matchers match. */
  select(selection: SeriesSelection): Promise<readonly Series[]>;
  /**
   * As `select`, from a source that has the samples of many series side by side: without an object for each series and
   * without comparing labels, which costs a rule over 10,000 hosts more than its arithmetic. Equal content comes in equal
   * order, and each series in one block only.
   */
  selectBlocks?(selection: BlockSelection): Promise<readonly SeriesBlock[]>;
  /**
   * What comes of windows of samples, from a source that works it out where the samples are (`WindowMaker`), in the order of
   * `selectBlocks`. Undefined when it cannot for this span.
   */
  selectWindows?(selection: WindowSelection): Promise<readonly WindowBlock[] | undefined>;
}

export interface SeriesSelection {
  readonly matchers: readonly LabelMatcher[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly signal?: AbortSignal | undefined;
  /** Told what the answer lacks, by a source that can answer without it. */
  readonly warn?: ((message: string) => void) | undefined;
}

export interface BlockSelection extends SeriesSelection {
  /** Only the last sample of each series in the span is wanted; more do no harm. */
  readonly lastOnly: boolean;
}

/** The span is that of all windows. */
export interface WindowSelection extends SeriesSelection {
  readonly windows: Windows;
}

/** What an evaluation needs besides the query and its times. */
export interface QueryContext {
  readonly source: SeriesSource;
  /** Ends the evaluation; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<QueryLimits> | undefined;
  /** Told what the answer lacks, by a source that can answer without it. */
  readonly warn?: ((message: string) => void) | undefined;
  /** How old the last sample of a series may be to still count. */
  readonly lookbackMs?: number | undefined;
  /** Step of subqueries that name none. */
  readonly defaultStepMs?: number | undefined;
  /** What queries of the same source and instant read, read once for all of them. */
  readonly shared?: SharedReads | undefined;
}

export interface QueryLimits {
  /** Samples a query may load and compute in all; 16 bytes each. */
  readonly maxSamples: number;
  /** Series one selector may match. */
  readonly maxSeries: number;
  /** Steps of a range query. */
  readonly maxPointsPerSeries: number;
}

/** The values Prometheus uses, but for the samples: 20 million are 320 MB; it has no limit of series. */
export const QUERY_DEFAULTS = {
  lookbackMs: 300_000,
  defaultStepMs: 60_000,
  limits: { maxSamples: 20_000_000, maxSeries: 1_000_000, maxPointsPerSeries: 11_000 },
} as const;
