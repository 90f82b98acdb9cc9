import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { releasable } from "../../core/series-block.ts";
import { releasableWindows } from "../../core/window-block.ts";
import { openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import type { EmbeddedMetricsLimits } from "../../store/embedded/metrics/limits.ts";
import { createHeadConsumer } from "../delivery/head-consumer.ts";
import { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { Head } from "./head.ts";
import { standingsOf } from "./line-standings.ts";
import { TightScopes } from "./tight-scopes.ts";
import { windowsOf } from "./windows.ts";

/** Opens the head in this thread, by this clock. Errors: those of `openEmbeddedMetrics`. */
export async function openLocalHead(
  path: string,
  limits: EmbeddedMetricsLimits,
  deps: { readonly clock: Clock; readonly log: Log },
  lifetime: Lifetime,
): Promise<Head> {
  const metrics = await openEmbeddedMetrics(path, limits, deps, lifetime);
  const { name, consume } = createHeadConsumer(metrics, SeriesKeys.forSeries(limits.series));
  const askedKeys = new SeriesKeys();
  const tight = new TightScopes();
  const learnTight = () => {
    const changes = metrics.takeTightChanges();
    if (changes !== undefined) tight.apply(changes);
  };
  learnTight();
  return {
    name,
    consume: (frames, next) => consume(frames, next).finally(learnTight),
    tight,
    standings: async (asked) => standingsOf(metrics, asked, askedKeys),
    openedAt: metrics.spoolPosition(),
    select: (selection) => metrics.select(selection),
    selectBlocks: async (selection) => (await metrics.selectBlocks(selection)).map(releasable),
    selectWindows: async (selection) => (await windowsOf(metrics, selection)).map(releasableWindows),
    series: (selection) => metrics.series(selection),
    stats: () => metrics.stats(),
  };
}
