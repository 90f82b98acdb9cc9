import type { IncomingHttpHeaders, RequestListener } from "node:http";
import { join } from "node:path";
import { Server } from "socket.io";
import type { Alerts } from "../../alerts/start.ts";
import { serveAgents } from "../../collector/agents/serve-agents.ts";
import type { MeshSettings } from "../../collector/mesh/mesh-desk.ts";
import type { MetricsPath } from "../../collector/metrics-path.ts";
import type { PartStatus } from "../../collector/metrics-status.ts";
import type { OpenStack } from "../../collector/openstack/start.ts";
import type { Pull } from "../../collector/pull/pull.ts";
import { createPullWriter } from "../../collector/pull/pull-writer.ts";
import { type Identity, mayAccess } from "../../core/access.ts";
import { MAX_AGENT_MESSAGE_BYTES } from "../../core/agent-protocol.ts";
import type { Clock } from "../../core/clock.ts";
import { elementIdOf } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import type { Recorder } from "../../topology/recorder.ts";
import { type AccessCheck, registerAccess } from "../../web/server/access.ts";
import { registerAlertRoutes } from "../../web/server/alert-routes.ts";
import { registerCapacityRoutes } from "../../web/server/capacity/capacity-routes.ts";
import { registerEventRoutes } from "../../web/server/event-routes.ts";
import { registerFindingsRoutes } from "../../web/server/findings-routes.ts";
import { createHttpServer } from "../../web/server/http.ts";
import { serveLive } from "../../web/server/live.ts";
import { registerOperationRoutes } from "../../web/server/operation-routes.ts";
import { registerOperationsLogRoute } from "../../web/server/operations-log-route.ts";
import { registerPage } from "../../web/server/page.ts";
import { registerPrometheusRoutes } from "../../web/server/prometheus-routes.ts";
import { registerSessionRoutes } from "../../web/server/session-routes.ts";
import { registerTargetRoutes } from "../../web/server/target-routes.ts";
import { registerTopologyRoutes } from "../../web/server/topology-routes.ts";
import { registerTransferRoutes } from "../../web/server/topology-transfer-routes.ts";
import { hostName } from "../agent-options.ts";
import type { Config } from "../config/schema.ts";
import { installedVersion } from "../version.ts";
import { alertingStatus } from "./alerting.ts";
import { startCloudMetrics } from "./cloud-metrics.ts";
import type { Clusters } from "./clusters.ts";
import type { Door } from "./door.ts";
import { figuresOf } from "./figures.ts";
import { startOwnMetrics } from "./own-metrics.ts";
import { ownReadings } from "./own-readings.ts";
import type { UpStreams } from "./streams.ts";

/** A connection that has joined neither namespace by then is closed. */
const JOIN_WITHIN_MS = 10_000;
/** As often as agents. */
const OWN_METRICS_EVERY_MS = 10_000;
const PAGE_FOLDER = join(import.meta.dirname, "../../web/ui/dist");

export interface EdgeParts {
  readonly check: AccessCheck;
  readonly door: Door;
  readonly store: TopologyStore;
  readonly events: EventStore;
  readonly mesh: MeshSettings | undefined;
  readonly clusters: Clusters;
  readonly metrics: MetricsPath;
  readonly pull: Pull;
  readonly openstack: OpenStack;
  readonly alerts: Alerts;
  readonly streams: UpStreams;
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything that answers: HTTP, agents' sessions, live updates, the page. Opens the door when all of it is there. */
export async function openEdge(config: Config, parts: EdgeParts, lifetime: Lifetime): Promise<void> {
  const { check, door, clusters, metrics, pull, openstack, alerts, streams, clock, log } = parts;
  const { recorders, findings } = clusters;
  let answer: RequestListener = () => {};
  const serverFor = (handler: RequestListener) => {
    answer = handler;
    return door.server;
  };
  const app = await createHttpServer({ ...streams, version: installedVersion(), log, serverFor });
  lifetime.defer("http server", () => app.close());
  const io = new Server(app.server, {
    serveClient: false,
    maxHttpBufferSize: MAX_AGENT_MESSAGE_BYTES,
    connectTimeout: JOIN_WITHIN_MS,
    allowRequest: (request, decide) => decide(null, isOwnPage(check, request.headers)),
  });
  io.use((_socket, next) => next(new Error("there is nothing here: agents join /agent, pages join /live")));
  lifetime.defer("socket server", () => io.close());
  const identify = (
    token: string | undefined,
    headers: Parameters<AccessCheck["identify"]>[0],
  ): Identity | undefined => {
    const fromHeaders = check.identify(headers);
    return token === undefined ? fromHeaders : check.identifyToken(token);
  };
  const silenceGraceMs = config.topology.silent_after_seconds * 1_000;
  const agents = serveAgents(
    io,
    {
      recorders: clusters.live,
      identify,
      events: parts.events,
      mesh: parts.mesh,
      tracing: streams.messages,
      clock,
      log,
      limits: { silenceGraceMs },
    },
    lifetime,
  );
  const live = serveLive(
    io,
    {
      ...{ recorders, clock, onUse: streams.onLiveUse },
      viewerOf: (headers, token) => {
        const identity = identify(token, headers);
        return mayAccess(identity, "viewer") ? identity : undefined;
      },
    },
    lifetime,
  );
  lifetime.defer("incident updates", alerts.onChange(live.notifyIncidents));

  const own = { host: hostName(config), cluster: config.cluster, intervalMs: OWN_METRICS_EVERY_MS };
  const writer = createPullWriter(metrics.bodies);
  const clouds = startCloudMetrics(
    { host: own.host, recorders: clusters.live, alerts: alerts.alertsJson, clock, writer },
    lifetime,
  );
  const read = () => ownReadings({ metrics, clusters, agents, pull, clouds, streams: streams.files });
  startOwnMetrics({ ...own, clock, writer, read }, lifetime);

  streams.analyse(read);
  registerAccess(app, check);
  await registerSessionRoutes(app, { check, tls: config.listen.tls_cert_file !== undefined });
  registerOperationRoutes(app, {
    version: installedVersion(),
    clock,
    check,
    figures: figuresOf(read, clock),
    clusters: () => [...recorders.keys()],
    agents: () =>
      agents.statuses().map(({ clockOffsetMs, ...status }) => ({ ...status, clock_offset_ms: clockOffsetMs })),
    parts: () => [
      ...Array.from(recorders.values(), topologyStatus),
      ...findingsStatus(findings),
      ...metrics.status(),
      ...pull.status(),
      ...openstack.status(),
      ...alertingStatus(alerts),
    ],
    notReadyBecause: () =>
      [...recorders.values()].map((recorder) => recorder.failing()?.message).find((message) => message !== undefined) ??
      metrics.status().find(({ name, state }) => name === "spool" && state === "down")?.detail,
  });
  const topology = { recorders, store: parts.store, clock };
  registerTopologyRoutes(app, topology);
  registerFindingsRoutes(app, { ...topology, findings });
  registerEventRoutes(app, { ...topology, events: parts.events });
  registerTransferRoutes(app, { ...topology, onImported: clusters.adopt });
  registerPrometheusRoutes(app, {
    source: metrics.forQueries,
    seriesOf: (selection) => metrics.forQueries.series(selection),
    clock,
    log,
    version: installedVersion(),
    rules: alerts.rulesJson,
    alerts: alerts.alertsJson,
  });
  registerCapacityRoutes(app, {
    source: metrics.forQueries,
    clock,
    projectName: (cluster, id) => {
      const project = recorders.get(cluster)?.graph.get(elementIdOf("openstack", "project", id));
      return project !== undefined && "name" in project ? project.name : undefined;
    },
  });
  registerTargetRoutes(app, { targets: pull.targets });
  registerAlertRoutes(app, { clock, incidents: alerts.incidents, acknowledge: alerts.acknowledge });
  registerOperationsLogRoute(app, { operations: streams.operations, clock });
  metrics.registerRoutes(app, ({ identity }) => identity);
  await registerPage(app, PAGE_FOLDER);
  await app.ready();
  door.open(answer);
}

/** Refuses pages of other sites before a connection is made; who may do what is asked when a namespace is joined. */
function isOwnPage(check: AccessCheck, headers: IncomingHttpHeaders): boolean {
  try {
    check.identify(headers);
    return true;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

function findingsStatus(findings: Clusters["findings"]): readonly PartStatus[] {
  return Array.from(findings.values(), (each): PartStatus => {
    const failing = each.failing();
    if (failing !== undefined) return { name: "findings", state: "down", detail: failing.message, hint: failing.hint };
    const { standing, settling } = each.counts();
    return { name: "findings", state: "ok", detail: `${each.cluster}: ${standing} standing, ${settling} settling` };
  });
}

function topologyStatus(recorder: Recorder): PartStatus {
  const failing = recorder.failing();
  if (failing !== undefined) return { name: "topology", state: "down", detail: failing.message, hint: failing.hint };
  const detail = `${recorder.cluster}: ${recorder.graph.size} elements, revision ${recorder.revision()}`;
  return { name: "topology", state: "ok", detail };
}
