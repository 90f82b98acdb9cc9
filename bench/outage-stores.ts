import { createInfluxReader } from "../store/influxdb/reader.ts";
import type { MetricReader } from "../store/metric-store.ts";
import { createVictoriaReader } from "../store/victoria-metrics/reader.ts";
import { startInfluxd } from "../test/integration/fixtures/influxd.ts";
import { startVictoriaMetrics } from "../test/integration/fixtures/victoria-metrics.ts";

/** A real store of its own, that can be taken away and given back. */
export interface LongStore {
  /** As `--set` takes them. */
  readonly settings: readonly string[];
  /** Of the collector's own figures: how much of the spool waits for it. */
  readonly backlogMetric: string;
  readonly reader: MetricReader;
  readonly pid: () => number | undefined;
  /** What it took, visible. */
  settle(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** As a pattern finds it in `/metrics`. */
function backlogOf(consumer: string): string {
  return `consumer_backlog_bytes\\{consumer="${consumer}"\\}`;
}

export async function startLongStore(name: string): Promise<LongStore> {
  if (name === "victoria-metrics") {
    const server = await startVictoriaMetrics();
    const settings = [`victoria_metrics.url=${server.url}`];
    const reader = createVictoriaReader({ url: server.url });
    return { ...server, settings, backlogMetric: backlogOf(name), reader, settle: server.flush };
  }
  if (name !== "influxdb") throw new Error(`unknown store ${name}: use victoria-metrics or influxdb`);
  const server = await startInfluxd();
  await server.query("CREATE DATABASE nephoscope");
  const settings = ["influxdb.version=1", `influxdb.url=${server.url}`, "influxdb.database=nephoscope"];
  return {
    ...server,
    settings,
    backlogMetric: backlogOf(name),
    reader: createInfluxReader({ url: server.url, version: "1", database: "nephoscope" }),
    settle: async () => {},
    signal: (signal) => {
      const pid = server.pid();
      if (pid !== undefined) process.kill(pid, signal);
    },
  };
}
