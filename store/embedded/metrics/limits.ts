import type { DuckDbLimits } from "../duckdb.ts";
import type { LimitPerScope } from "./series-limits.ts";
import type { RollupDays } from "./tiers.ts";

/** A sample this far ahead of the clock has a wrong clock or a wrong precision behind it. */
export const MAX_AHEAD_MS = 3_600_000;

export interface EmbeddedMetricsLimits {
  readonly database: DuckDbLimits;
  /** Samples of further series are refused. */
  readonly series: number;
  /** The same of the series of each cluster, host and measurement; no limit when left out. */
  readonly seriesPer?: LimitPerScope | undefined;
  /** Whole hours that are kept besides the present one. */
  readonly retentionHours: number;
  /** How long their minutes and hours are kept after them. */
  readonly rollups: RollupDays;
  /** Whether hours are rolled up from now on. If not, the rollups there are age out. */
  readonly makesRollups: boolean;
  /** Of which only rollups are left. Of more, those that ended first are forgotten. */
  readonly pastSeries: number;
  /** Samples one selection may read; a larger one is refused. */
  readonly samplesPerSelection: number;
  /** Of what is kept in memory of sealed hours that were asked for. */
  readonly cacheMegabytes: number;
  /** Of rows that are kept in memory, too, until they are sealed; 0 for none. */
  readonly recentMegabytes: number;
}

export const EMBEDDED_METRICS_LIMITS: EmbeddedMetricsLimits = {
  database: { threads: 2, memoryMegabytes: 512 },
  series: 6_000_000,
  retentionHours: 48,
  rollups: { minuteDays: 0, hourDays: 0 },
  makesRollups: true,
  pastSeries: 20_000_000,
  samplesPerSelection: 20_000_000,
  cacheMegabytes: 64,
  recentMegabytes: 1_024,
};
