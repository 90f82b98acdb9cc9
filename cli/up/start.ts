import { startAgent } from "../../agent/agent.ts";
import { openMetricsPath } from "../../collector/metrics-path.ts";
import { startOpenStack } from "../../collector/openstack/start.ts";
import { startPull } from "../../collector/pull/pull.ts";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { noTraceScope, type TraceScope } from "../../core/trace-scope.ts";
import { openEmbeddedState } from "../../store/embedded/state.ts";
import { agentOptions, hostName } from "../agent-options.ts";
import type { Config } from "../config/schema.ts";
import { readCertificate } from "../tls.ts";
import { accessOf } from "./access.ts";
import { startAlerting } from "./alerting.ts";
import { openClusters } from "./clusters.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { openDoor } from "./door.ts";
import { openEdge } from "./edge.ts";
import { meshSettings } from "./mesh-settings.ts";
import { startNightlySnapshots } from "./nightly-snapshots.ts";
import { openStackClouds } from "./openstack-clouds.ts";
import { ownUrlOf, plannedUrlOf, publicUrlOf } from "./public-url.ts";
import { pullConfig } from "./pull-jobs.ts";
import { startRetention } from "./retention.ts";
import { openOrSetAside } from "./set-aside.ts";
import { startStreams } from "./streams.ts";
import { openTopologyStore } from "./topology-store.ts";

export interface UpDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly setAsideDamaged: boolean;
  readonly traces?: TraceScope | undefined;
}

export interface Running {
  readonly url: string;
  readonly dataFolder: string;
  readonly mode: "loopback" | "tokens";
}

const STORE_THREADS = 2;

/**
 * Listens, then starts agent, collector, alert engine and web server in this process, each standing on those before it; they stop in
 * the opposite order with the lifetime. Errors: OperatorErrors of the parts; nothing is left running then but what the
 * lifetime ends.
 */
export async function startEverything(config: Config, deps: UpDeps, lifetime: Lifetime): Promise<Running> {
  const { clock, log } = deps;
  const folder = prepareDataFolder(config.data);
  const tls = readCertificate(config);
  const door = await openDoor({ address: config.listen.address, port: config.listen.port, tls }, lifetime);
  const damaged = { allowed: deps.setAsideDamaged, clock, log };

  const state = await openOrSetAside(folder.state, () => openEmbeddedState(folder.state), damaged);
  lifetime.defer("state store", () => state.close());
  const traces = deps.traces ?? noTraceScope;
  const streams = startStreams(config, { folder: folder.logs, state, traces, clock, log }, lifetime);
  const store = await openTopologyStore(config, { path: folder.topology, damaged, waitFor: door.waitFor }, lifetime);
  const onProgress = (cluster: string, elements: number) => door.waitFor(`${elements} elements of ${cluster} loaded`);
  const clouds = openStackClouds(config);
  const configured = [...new Set([config.cluster, ...config.clusters, ...clouds.map(({ cluster }) => cluster)])];
  const clusters = await openClusters(configured, { store, state, clock, log, onProgress }, lifetime);
  const { recorders } = clusters;
  startNightlySnapshots(config.topology.snapshots, { clusters: configured, store, clock, log }, lifetime);
  startRetention(
    config.topology.retention_days,
    { clusters: configured, store, events: store.hostEvents, clock, log },
    lifetime,
  );
  door.waitFor("opening the metric store");
  const metrics = await openMetricsPath(
    {
      folder: folder.metrics,
      cluster: config.cluster,
      spool: { maxBytes: config.metrics.spool_megabytes * 1_000_000 },
      headThread: true,
      head: {
        retentionHours: config.metrics.retention_hours,
        rollups: { minuteDays: config.metrics.rollup_1m_days, hourDays: config.metrics.rollup_1h_days },
        series: config.metrics.max_series,
        seriesPer: {
          cluster: config.metrics.max_series_per_cluster,
          host: config.metrics.max_series_per_host,
          measurement: config.metrics.max_series_per_measurement,
        },
        database: { threads: STORE_THREADS, memoryMegabytes: config.metrics.memory_megabytes },
        recentMegabytes: config.metrics.recent_megabytes,
      },
      influx: config.influxdb,
      victoria: config.victoria_metrics,
    },
    { clock, log, tracing: streams.writes },
    lifetime,
  );
  const pull = await startPull(
    pullConfig(config),
    { clock, log, bodies: metrics.bodies, tracing: streams.rounds },
    lifetime,
  );
  const writing = { clock, log, bodies: metrics.bodies, tracing: streams.rounds };
  const openstack = startOpenStack(
    clouds,
    { ...writing, recorders: clusters.live, metrics: metrics.forQueries },
    lifetime,
  );
  const publicUrl = plannedUrlOf(config);
  const alerts = await startAlerting(
    config,
    { state, metrics: metrics.forRules, recorders, publicUrl, clock, log, tracing: streams.alerts },
    lifetime,
  );
  const { check, ownAgentToken } = accessOf(config, hostName(config));
  await openEdge(
    config,
    {
      check,
      door,
      store,
      events: store.hostEvents,
      mesh: meshSettings(config, state),
      clusters,
      metrics,
      pull,
      openstack,
      alerts,
      streams,
      clock,
      log,
    },
    lifetime,
  );
  if (config.agent.enabled) {
    const pinned = tls === undefined ? undefined : { ca: tls.cert, isPinned: true };
    const options = {
      ...agentOptions(config, ownUrlOf(config, door.port), folder.agent),
      token: ownAgentToken,
      tls: pinned,
    };
    await startAgent(options, { clock, log, recordSpan: streams.recordAgentSpan }, lifetime);
  }
  return { url: publicUrlOf(config, door.port), dataFolder: folder.path, mode: check.mode };
}
