import type { Clock } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { METRIC_NAME } from "../core/series.ts";
import type { InfluxConfig } from "../store/influxdb/config.ts";
import { createInfluxReader } from "../store/influxdb/reader.ts";
import { createInfluxWriter } from "../store/influxdb/writer.ts";
import type { LineWriter } from "../store/line-writing/line-writer.ts";
import type { MetricReader } from "../store/metric-store.ts";
import type { VictoriaConfig } from "../store/victoria-metrics/config.ts";
import { createVictoriaReader } from "../store/victoria-metrics/reader.ts";
import { createVictoriaWriter, VICTORIA_SETTLE_MS } from "../store/victoria-metrics/writer.ts";
import { influxLines } from "./delivery/influx-line.ts";
import { createLineConsumer, type LineStore } from "./delivery/line-consumer.ts";
import { victoriaLines } from "./delivery/victoria-line.ts";
import type { SeriesKeys } from "./line-protocol/series-keys.ts";
import { type PartStatus, storeStatus } from "./metrics-status.ts";
import { type Feed, type FeedStatus, type RetryTimes, startFeed } from "./spool/feed.ts";
import type { Spool } from "./spool/spool.ts";

/** Stores that are fed besides the head and keep what the head forgets. */
export interface LongStoresConfig {
  readonly influx?: InfluxConfig | undefined;
  readonly victoria?: VictoriaConfig | undefined;
  /** How long to wait for an answer to a write or a query; the tests have less patience. */
  readonly longStoreTimeoutMs?: number;
}

export type LongStoreName = "influxdb" | "victoria-metrics";
const LONG_STORES: readonly LongStoreName[] = ["influxdb", "victoria-metrics"];

export interface LongStores {
  /** Of all that are known, also of those not configured. */
  status(): readonly PartStatus[];
  /** Of those that are configured. */
  readonly consumers: { readonly [Name in LongStoreName]: FeedStatus | undefined };
  readonly rejectedLines: { readonly [Name in LongStoreName]: number };
  /** What answers about the past; undefined when there is none. VictoriaMetrics when there are two. */
  readonly reader: MetricReader | undefined;
  /** Why that one has not got yet what it should have; undefined while it goes on. */
  readonly notDelivered: () => string | undefined;
}

interface LongStoresParts {
  readonly quarantineFolder: string;
  readonly spool: Spool;
  readonly keys: SeriesKeys;
  readonly retry: RetryTimes | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const FEED = { gatherMs: 200, batchBytes: 1024 * 1024 };

/** How long a store may lose again what it took. InfluxDB has it on its disk when it says so. */
const SETTLE_MS: Readonly<Record<LongStoreName, number>> = { influxdb: 0, "victoria-metrics": VICTORIA_SETTLE_MS };

/** The consumers of the spool that `startLongStores` will feed. */
export function consumersOf({ influx, victoria }: LongStoresConfig): readonly LongStoreName[] {
  const configured = { influxdb: influx !== undefined, "victoria-metrics": victoria !== undefined };
  return LONG_STORES.filter((name) => configured[name]);
}

/** Feeds each store that is configured from its own place in the spool. Errors: `config.invalid`. */
export function startLongStores(config: LongStoresConfig, parts: LongStoresParts, lifetime: Lifetime): LongStores {
  const { influx, victoria, longStoreTimeoutMs: timeoutMs } = config;
  const { spool, keys, retry, log, quarantineFolder } = parts;
  const options = timeoutMs === undefined ? { quarantineFolder } : { quarantineFolder, timeoutMs };
  const running = new Map<LongStoreName, { readonly writer: LineWriter; readonly feed: Feed }>();
  const start = (name: LongStoreName, store: LineStore): void => {
    const pace = { ...FEED, retry, settleMs: SETTLE_MS[name] };
    const feed = startFeed(spool, createLineConsumer(store, keys), pace, parts, lifetime);
    running.set(name, { writer: store.writer, feed });
  };
  if (influx !== undefined) start("influxdb", influxLines(createInfluxWriter(influx, options, log, lifetime)));
  if (victoria !== undefined) {
    start("victoria-metrics", victoriaLines(createVictoriaWriter(victoria, options, log, lifetime)));
  }
  const statusOf = (name: LongStoreName): FeedStatus | undefined => running.get(name)?.feed.status();
  const rejectedBy = (name: LongStoreName): number => running.get(name)?.writer.rejectedLines() ?? 0;
  const reader = readerOf(config);
  if (reader !== undefined) {
    const told = tellWhetherItAnswers(reader, parts, lifetime.signal);
    lifetime.defer("first question to the long store", () => told);
  }
  const asked: LongStoreName = victoria === undefined ? "influxdb" : "victoria-metrics";
  return {
    status: () =>
      LONG_STORES.map((name) => storeStatus(name, running.get(name)?.feed.status(), running.get(name)?.writer)),
    get consumers() {
      return { influxdb: statusOf("influxdb"), "victoria-metrics": statusOf("victoria-metrics") };
    },
    get rejectedLines() {
      return { influxdb: rejectedBy("influxdb"), "victoria-metrics": rejectedBy("victoria-metrics") };
    },
    reader,
    notDelivered: () => running.get(asked)?.feed.status().lastError?.reason,
  };
}

function readerOf({ influx, victoria, longStoreTimeoutMs }: LongStoresConfig): MetricReader | undefined {
  const limits = longStoreTimeoutMs === undefined ? {} : { timeoutMs: longStoreTimeoutMs };
  if (victoria !== undefined) return createVictoriaReader(victoria, limits);
  return influx === undefined ? undefined : createInfluxReader(influx, limits);
}

/** What is wrong with reading shows at the start, not when somebody asks about the past for the first time. */
async function tellWhetherItAnswers(
  reader: MetricReader,
  { clock, log }: Pick<LongStoresParts, "clock" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const now = clock.now();
  const matchers = [{ kind: "=", name: METRIC_NAME, value: "nephoscope_check" } as const];
  try {
    await reader.series({ matchers, from: now, to: now, signal });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof OperatorError)) throw error;
    log.warn({ reason: error.message, hint: error.hint }, "the long store does not answer queries");
  }
}
