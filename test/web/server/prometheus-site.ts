import { afterEach } from "vitest";
import { type Clock, epochMsOf } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { parseSeriesNotation } from "../../../promql/series-notation.ts";
import type { SeriesSelection } from "../../../promql/source.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";
import { type PrometheusDeps, registerPrometheusRoutes } from "../../../web/server/prometheus-routes.ts";
import { MemoryMetricStore } from "../../fakes/memory-metric-store.ts";

export const START = epochMsOf(1_700_000_000_000);
export const clock: Clock = { now: () => epochMsOf(START + 600_000), monotonicMs: () => 0 };
export const store = new MemoryMetricStore().add(
  parseSeriesNotation(
    `
    net_if_rx_bytes{host="c-1", interface="eth0"} 0+60x10
    net_if_rx_bytes{host="c-2", interface="eth0"} 0+120x10
    system_load1{host="c-1"} 0.5x10
    odd{kind="inf"} Inf
    odd{kind="nan"} NaN
    {"disk.wear", "dev.kind"="nvme"} 7
    `,
    { from: START, intervalMs: 60_000 },
  ),
);

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

export async function serve(more: Partial<PrometheusDeps> = {}): Promise<HttpServer> {
  const app = await createHttpServer({ version: "1.2.3", log: silentLog });
  servers.push(app);
  const seriesOf = (selection: SeriesSelection) => store.series(selection);
  registerPrometheusRoutes(app, { source: store, seriesOf, clock, log: silentLog, version: "1.2.3", ...more });
  return app;
}
