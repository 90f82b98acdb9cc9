import type { RefusedSamples } from "./refused.ts";
import type { SealingStats } from "./sealing.ts";
import type { CountedScope } from "./series-limits.ts";

export interface EmbeddedMetricsStats {
  readonly series: number;
  readonly maxSeries: number;
  /** Series of which only rollups are left. */
  readonly pastSeries: number;
  /** Hosts and measurements with the most series, the largest of each first. */
  readonly largest: { readonly hosts: readonly CountedScope[]; readonly measurements: readonly CountedScope[] };
  readonly hours: number;
  /** Samples before it were dropped, whatever is kept from now on; minus infinity while none have been. */
  readonly droppedBeforeMs: number;
  /** Of rows in memory that are not sealed yet. */
  readonly recentBytes: number;
  readonly sealed: SealingStats;
  /** Samples refused since the start, by why. */
  readonly refused: RefusedSamples;
}
