import type { SeriesBlock } from "../../core/series-block.ts";
import type { WindowBlock } from "../../core/window-block.ts";
import type { WindowSelection } from "../../promql/source.ts";
import type { EmbeddedMetricsStats } from "../../store/embedded/metrics/head-stats.ts";
import type { BlockSelection } from "../../store/embedded/metrics/part-reader.ts";
import type { MetricReader, SpoolPosition } from "../../store/metric-store.ts";
import type { Consumer } from "../spool/feed.ts";
import type { AskedLines, LineStandings } from "./line-standings.ts";
import type { TightScopes } from "./tight-scopes.ts";

/** The head as the collector sees it, whichever thread keeps it. */
export interface Head extends MetricReader, Consumer {
  /** As `select`, with the samples of all series of a column side by side. */
  selectBlocks(selection: BlockSelection): Promise<readonly SeriesBlock[]>;
  /** What comes of windows of samples, worked out beside them. */
  selectWindows(selection: WindowSelection): Promise<readonly WindowBlock[]>;
  /** Where in the spool to go on: what the last commit before it was opened says. Undefined when it is new. */
  readonly openedAt: SpoolPosition | undefined;
  /** As of the last write. */
  readonly tight: TightScopes;
  /** What would come of lines, were they written now. */
  standings(asked: AskedLines, signal: AbortSignal): Promise<LineStandings>;
  /** As of the last write. */
  stats(): EmbeddedMetricsStats;
}
