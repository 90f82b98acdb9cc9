import type { FastifyRequest } from "fastify";
import type { Identity } from "../core/access.ts";
import type { Clock } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import type { EmbeddedMetricsStats } from "../store/embedded/metrics/head-stats.ts";
import { EMBEDDED_METRICS_LIMITS, type EmbeddedMetricsLimits } from "../store/embedded/metrics/limits.ts";
import { type CountByScope, sumByScope } from "../store/embedded/metrics/refused.ts";
import { metricsSetAside, setAsideMetrics } from "../store/embedded/metrics/sealed-files.ts";
import { joinReaders } from "../store/joined-reader.ts";
import type { MetricReader } from "../store/metric-store.ts";
import type { Head } from "./head/head.ts";
import { openLocalHead } from "./head/local-head.ts";
import { openThreadedHead } from "./head/threaded-head.ts";
import { openHeadSpan } from "./head-span.ts";
import { MAX_INFLATED_BYTES } from "./ingest/inflate.ts";
import { RecentSequences } from "./ingest/recent-sequences.ts";
import { type IngestApp, type IngestLimits, registerIngest } from "./ingest/routes.ts";
import { createSeriesGate } from "./ingest/series-gate.ts";
import { sumOutside } from "./ingest/taken-times.ts";
import { BodyWriter, type IngestCounts, type WriteTracing } from "./ingest/write-body.ts";
import { SeriesKeys } from "./line-protocol/series-keys.ts";
import { consumersOf, type LongStores, type LongStoresConfig, startLongStores } from "./long-stores.ts";
import { headStatus, type PartStatus, spoolStatus, withSetAside } from "./metrics-status.ts";
import { makeFolder, syncFolder } from "./spool/durable-file.ts";
import { type FeedStatus, type RetryTimes, startFeed } from "./spool/feed.ts";
import { spoolLimits } from "./spool/limits.ts";
import { openSpool, type SpoolStats } from "./spool/spool.ts";

export interface MetricsPathConfig extends LongStoresConfig {
  /** Holds `metrics.duckdb`, `spool/` and `quarantine/`; made when absent. */
  readonly folder: string;
  /** The tag `cluster` of lines that have none. */
  readonly cluster: string;
  readonly spool?: { readonly maxBytes?: number; readonly segmentBytes?: number };
  readonly head?: Partial<EmbeddedMetricsLimits>;
  /** Whether the head has a thread of its own, so that writing and reading it hold up nobody who is served. */
  readonly headThread?: boolean;
  readonly ingest?: IngestLimits;
  /** How long to wait between tries; the tests have less patience. */
  readonly retry?: RetryTimes;
}

const SPOOL_BYTES = 8_000_000_000;
/** A commit a second under load: each costs the same for a few rows as for thousands. */
const HEAD_FEED = { gatherMs: 20, spacingMs: 1_000, batchBytes: 4 * 1024 * 1024 };

export interface MetricsPath {
  /** The head: the last hours. */
  readonly store: MetricReader;
  /** Head and, when one is configured, long store: what the page and PromQL read. */
  readonly forQueries: MetricReader;
  /** The same for rules, which have nobody to warn; and what is too much for the long store in a query keeps no rule from asking it. */
  readonly forRules: MetricReader;
  /** `identityOf` tells what the access check found out about a request. */
  registerRoutes(app: IngestApp, identityOf: (request: FastifyRequest) => Identity | undefined): void;
  /** For what the collector itself asks for or tells: it goes the way of what others send. */
  readonly bodies: Pick<BodyWriter, "write">;
  status(): readonly PartStatus[];
  counts(): MetricsPathCounts;
}

export interface MetricsPathCounts {
  readonly ingest: Readonly<IngestCounts>;
  /** Lines refused since there are too many series, those of what the collector itself asks for among them. */
  readonly tooManySeriesLines: CountByScope;
  readonly spool: SpoolStats;
  readonly head: EmbeddedMetricsStats;
  /** Bytes of the spool each consumer has still before it. */
  readonly backlogBytes: { readonly head: number; readonly influxdb: number };
  /** Of the consumers there are. */
  readonly consumers: { readonly head: FeedStatus } & LongStores["consumers"];
  readonly rejectedLines: LongStores["rejectedLines"];
}

interface MetricsPathDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: nobody asks which write brought the samples of a host. */
  readonly tracing?: WriteTracing | undefined;
}

/**
 * Opens the way metrics take: ingest → spool → head and the long stores configured. Stops with the lifetime. A damaged
 * head is set aside and built again from what the spool has kept.
 * Errors: `store.locked`, `store.newer`, `store.unreadable`, `store.full`, `spool.disk_full`, `spool.unwritable`, `config.invalid`.
 */
export async function openMetricsPath(
  config: MetricsPathConfig,
  deps: MetricsPathDeps,
  lifetime: Lifetime,
): Promise<MetricsPath> {
  makeFolder(config.folder);
  const keys = SeriesKeys.forSeries(config.head?.series ?? EMBEDDED_METRICS_LIMITS.series);
  const recent = new RecentSequences();
  // The head first: its lock keeps a second process from touching the spool.
  const head = await openHead(config, deps, lifetime);
  const { rollups, makesRollups, retentionHours } = headLimits(config);
  if (!makesRollups && Number.isFinite(head.stats().sealed.rollupsEndMs)) {
    const days = { minute_days: rollups.minuteDays, hour_days: rollups.hourDays };
    deps.log.info(days, "with a long store no more rollups are made, those there are stay for their days");
  }
  const headFrom = await openHeadSpan(
    config.folder,
    {
      isNew: head.openedAt === undefined,
      retentionHours,
      droppedBeforeMs: () => head.stats().droppedBeforeMs,
    },
    deps.clock,
  );
  const spool = await openSpool(
    {
      ...spoolLimits(config.spool?.maxBytes ?? SPOOL_BYTES),
      ...config.spool,
      folder: `${config.folder}/spool`,
      consumers: ["head", ...consumersOf(config)],
      onRecovered: (frame) => recent.rememberFrame(frame),
      // DuckDB syncs its log, but not the name of a new one.
      beforeRemoval: () => syncFolder(config.folder),
    },
    deps,
    lifetime,
  );
  const { retry } = config;
  // A head that has no position is new, whatever position the spool remembers.
  const from = head.openedAt ?? { segment: 0, offset: 0 };
  await spool.acknowledge("head", from);
  const headFeed = startFeed(spool, head, { ...HEAD_FEED, from, retry }, deps, lifetime);
  const long = startLongStores(
    config,
    { ...deps, quarantineFolder: `${config.folder}/quarantine`, spool, keys, retry },
    lifetime,
  );
  const newReader = (): MetricReader => {
    if (long.reader === undefined) return head;
    const rollupsEndMs = () => head.stats().sealed.rollupsEndMs;
    return joinReaders({ ...long, long: long.reader, head, headFrom, rollupsEndMs, clock: deps.clock });
  };
  const parts = {
    spool,
    recent,
    keys,
    gate: createSeriesGate({ ...deps, head, cluster: config.cluster }, lifetime),
    // What is too old for the head may be kept by a long store.
    retentionHours: long.reader === undefined ? retentionHours : undefined,
    clock: deps.clock,
    cluster: config.cluster,
    maxInflatedBytes: MAX_INFLATED_BYTES,
  };
  const writer = new BodyWriter({ ...parts, tracing: deps.tracing });
  // Another one, since what is counted as taken and refused is what others send.
  const own = new BodyWriter(parts);
  const tooManySeriesLines = () => sumByScope(writer.counts.tooManySeriesLines, own.counts.tooManySeriesLines);
  const outsideTimeLines = () => sumOutside(writer.counts.outsideTimeLines, own.counts.outsideTimeLines);
  return {
    store: head,
    forQueries: newReader(),
    forRules: newReader(),
    bodies: own,
    registerRoutes: (app, identityOf) => registerIngest(app, { writer, identityOf, limits: config.ingest }),
    status: () => [
      spoolStatus(spool.stats()),
      withSetAside(
        headStatus(headFeed.status(), head.stats(), tooManySeriesLines(), outsideTimeLines()),
        metricsSetAside(databaseOf(config)),
      ),
      ...long.status(),
    ],
    counts: () => ({
      ingest: { ...writer.counts },
      tooManySeriesLines: tooManySeriesLines(),
      spool: spool.stats(),
      head: head.stats(),
      backlogBytes: {
        head: headFeed.status().backlogBytes,
        influxdb: long.consumers.influxdb?.backlogBytes ?? 0,
      },
      consumers: { head: headFeed.status(), ...long.consumers },
      rejectedLines: long.rejectedLines,
    }),
  };
}

/** With a long store the history is there, sample by sample: means among its samples would be neither. What there is of before stays. */
export function headLimits(config: Pick<MetricsPathConfig, "head"> & LongStoresConfig): EmbeddedMetricsLimits {
  return { ...EMBEDDED_METRICS_LIMITS, ...config.head, makesRollups: consumersOf(config).length === 0 };
}

function databaseOf({ folder }: Pick<MetricsPathConfig, "folder">): string {
  return `${folder}/metrics.duckdb`;
}

/** A head of a thread of its own goes by the machine's clock. */
async function openHead(config: MetricsPathConfig, { clock, log }: MetricsPathDeps, lifetime: Lifetime): Promise<Head> {
  const path = databaseOf(config);
  const limits = headLimits(config);
  const open = () =>
    config.headThread === true
      ? openThreadedHead(path, limits, log, lifetime)
      : openLocalHead(path, limits, { clock, log }, lifetime);
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== "store.damaged") throw error;
    const aside = setAsideMetrics(path, clock.now());
    log.error({ path, aside, reason: error.message }, "metrics head damaged, building it again from the spool");
    return open();
  }
}
