import { startAgent } from "../../agent/agent.ts";
import { openMetricsPath } from "../../collector/metrics-path.ts";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { openEmbeddedState } from "../../store/embedded/state.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import { openRecorder } from "../../topology/recorder.ts";
import { agentOptions, hostName } from "../agent-options.ts";
import type { Config } from "../config/schema.ts";
import { readCertificate } from "../tls.ts";
import { accessOf } from "./access.ts";
import { startAlerting } from "./alerting.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { openEdge } from "./edge.ts";
import { listen } from "./listen.ts";
import { ownUrlOf, plannedUrlOf, publicUrlOf } from "./public-url.ts";
import { openOrSetAside } from "./set-aside.ts";

export interface UpDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly setAsideDamaged: boolean;
}

export interface Running {
  readonly url: string;
  readonly dataFolder: string;
  readonly mode: "loopback" | "tokens";
}

const STORE_THREADS = 2;

/**
 * Starts agent, collector, alert engine and web server in this process, each standing on those before it; they stop in
 * the opposite order with the lifetime. Errors: OperatorErrors of the parts; nothing is left running then but what the
 * lifetime ends.
 */
export async function startEverything(config: Config, deps: UpDeps, lifetime: Lifetime): Promise<Running> {
  const { clock, log } = deps;
  const folder = prepareDataFolder(config.data);
  const damaged = { allowed: deps.setAsideDamaged, clock, log };

  const state = await openOrSetAside(folder.state, () => openEmbeddedState(folder.state), damaged);
  lifetime.defer("state store", () => state.close());
  const topologyLimits = { threads: STORE_THREADS, memoryMegabytes: config.topology.memory_megabytes };
  const store = await openOrSetAside(
    folder.topology,
    () => openEmbeddedTopology(folder.topology, topologyLimits, { log }, lifetime),
    damaged,
  );
  const recorder = await openRecorder({ cluster: config.cluster, store, clock, log }, lifetime);
  const metrics = await openMetricsPath(
    {
      folder: folder.metrics,
      cluster: config.cluster,
      spool: { maxBytes: config.metrics.spool_megabytes * 1_000_000 },
      head: {
        retentionHours: config.metrics.retention_hours,
        series: config.metrics.max_series,
        database: { threads: STORE_THREADS, memoryMegabytes: config.metrics.memory_megabytes },
      },
      influx: config.influxdb,
    },
    { clock, log },
    lifetime,
  );
  const publicUrl = plannedUrlOf(config);
  const alerts = await startAlerting(
    config,
    { state, metrics: metrics.store, recorder, publicUrl, clock, log },
    lifetime,
  );
  const { check, ownAgentToken } = accessOf(config, hostName(config));
  const tls = readCertificate(config);
  const app = await openEdge(config, { check, tls, store, recorder, metrics, alerts, clock, log }, lifetime);
  const port = await listen(app, config.listen.address, config.listen.port);
  if (config.agent.enabled) {
    const pinned = tls === undefined ? undefined : { ca: tls.cert, isPinned: true };
    const options = { ...agentOptions(config, ownUrlOf(config, port)), token: ownAgentToken, tls: pinned };
    await startAgent(options, { clock, log }, lifetime);
  }
  return { url: publicUrlOf(config, port), dataFolder: folder.path, mode: check.mode };
}
