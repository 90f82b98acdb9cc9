import type { AgentServer } from "../../collector/agents/serve-agents.ts";
import type { MetricsPath, MetricsPathCounts } from "../../collector/metrics-path.ts";
import type { Pull } from "../../collector/pull/pull.ts";
import type { COLLECTOR_METRICS } from "../../core/metrics/collector-metrics.ts";
import { totalOf } from "../../store/embedded/metrics/refused.ts";
import { SCOPE_KINDS } from "../../store/embedded/metrics/series-limits.ts";
import type { FindingCounts } from "../../topology/invariants/findings.ts";
import type { Recorder } from "../../topology/recorder.ts";
import { STREAMS, type Streams } from "../streams/open-streams.ts";
import type { CloudMetrics } from "./cloud-metrics.ts";
import type { Clusters } from "./clusters.ts";

type Catalogue = typeof COLLECTOR_METRICS;
type FieldOf<M extends keyof Catalogue> = keyof Catalogue[M]["fields"];

/** One line of a measurement: what tells it from others, and its numbers. */
interface Reading<M extends keyof Catalogue> {
  readonly tags: { readonly [Tag in Catalogue[M]["tags"][number]]: string };
  readonly fields: { readonly [Field in FieldOf<M>]?: number };
}

/** What the collector tells of itself, as its catalogue has it. */
export type OwnReadings = { readonly [M in keyof Catalogue]: readonly Reading<M>[] };

export interface OwnParts {
  readonly metrics: MetricsPath;
  readonly clusters: Clusters;
  readonly agents: AgentServer;
  readonly pull: Pull;
  readonly clouds: CloudMetrics;
  readonly streams: Streams;
}

export function ownReadings({ metrics, clusters, agents, pull, clouds, streams }: OwnParts): OwnReadings {
  const counts = metrics.counts();
  return {
    nephoscope: [
      {
        tags: {},
        fields: {
          ...{ ...processFields(), ...pathFields(counts), ...topologyFields(clusters), ...agentFields(agents) },
          alerts_merged: clouds.mergedAlerts(),
        },
      },
    ],
    nephoscope_consumer: consumerReadings(counts),
    nephoscope_tier: tierReadings(counts),
    nephoscope_refused: refusedReadings(counts),
    nephoscope_pull: pullReadings(pull),
    nephoscope_stream: STREAMS.map((stream) => ({
      tags: { stream },
      fields: { lines_total: streams[stream].writtenLines, dropped_lines_total: streams[stream].droppedLines },
    })),
  };
}

type Fields = Reading<"nephoscope">["fields"];

function processFields() {
  const { user, system } = process.cpuUsage();
  return { cpu_seconds_total: (user + system) / 1e6, resident_bytes: process.memoryUsage.rss() } satisfies Fields;
}

function pathFields({ ingest, spool, head, rejectedLines }: MetricsPathCounts) {
  return {
    ingest_bodies_total: ingest.bodies,
    ingest_lines_total: ingest.lines,
    ingest_refused_lines_total: ingest.refusedLines,
    ingest_repeats_total: ingest.repeats,
    spool_bytes: spool.bytes,
    spool_limit_bytes: spool.maxBytes,
    spool_refused_total: spool.refusedFull,
    spool_commits_total: spool.commits,
    spool_damaged_segments: spool.damagedSegments,
    head_series: head.series,
    head_past_series: head.pastSeries,
    head_recent_bytes: head.recentBytes,
    head_sealing_failed: head.sealed.failure === undefined ? 0 : 1,
    influxdb_rejected_lines_total: rejectedLines.influxdb,
  } satisfies Fields;
}

function topologyFields({ recorders, findings }: Clusters) {
  const sum = (numberOf: (recorder: Recorder) => number): number =>
    [...recorders.values()].reduce((total, recorder) => total + numberOf(recorder), 0);
  const found = (numberOf: (counts: FindingCounts) => number): number =>
    [...findings.values()].reduce((total, each) => total + numberOf(each.counts()), 0);
  return {
    topology_elements: sum(({ graph }) => graph.size),
    topology_revision: sum((recorder) => recorder.revision()),
    topology_findings_standing: found(({ standing }) => standing),
    topology_findings_settling: found(({ settling }) => settling),
    topology_findings_unknown: found(({ unknown }) => unknown),
    topology_findings_waiting_changes: found(({ waitingChanges }) => waitingChanges),
    topology_judgements_total: found(({ judgements }) => judgements),
  } satisfies Fields;
}

function agentFields(agents: AgentServer) {
  const told = agents.counts();
  return {
    agents_connected: agents.connections(),
    agent_sessions_resumed_total: told.sessionsResumed,
    agent_sessions_full_total: told.sessionsFull,
    agent_full_states_total: told.fullStates,
    agent_volatile_states_total: told.volatileStates,
    agent_events_total: told.events,
    agent_told_to_wait_total: told.toldToWait,
    agent_refused_total: told.refused,
  } satisfies Fields;
}

function consumerReadings({ consumers }: MetricsPathCounts): OwnReadings["nephoscope_consumer"] {
  return Object.entries(consumers).flatMap(([consumer, status]) =>
    status === undefined
      ? []
      : {
          tags: { consumer },
          fields: {
            backlog_bytes: status.backlogBytes,
            oldest_age_seconds: status.oldestAgeMs / 1_000,
            lag_seconds: status.lagMs / 1_000,
          },
        },
  );
}

function tierReadings({ head }: MetricsPathCounts): OwnReadings["nephoscope_tier"] {
  return Object.entries(head.sealed.tiers).map(([tier, { files, bytes }]) => ({
    tags: { tier },
    fields: { files, bytes },
  }));
}

function refusedReadings({ ingest, tooManySeriesLines, spool, head, rejectedLines }: MetricsPathCounts) {
  const { tooManySeries, tooOld, tooNew } = head.refused;
  const { outsideTimeLines: outside } = ingest;
  const malformed =
    ingest.refusedLines - ingest.forbiddenLines - totalOf(ingest.tooManySeriesLines) - outside.tooOld - outside.tooNew;
  return [
    { tags: { reason: "malformed" }, fields: { lines_total: malformed } },
    { tags: { reason: "forbidden" }, fields: { lines_total: ingest.forbiddenLines } },
    { tags: { reason: "influxdb" }, fields: { lines_total: rejectedLines.influxdb } },
    { tags: { reason: "victoria-metrics" }, fields: { lines_total: rejectedLines["victoria-metrics"] } },
    { tags: { reason: "spool_full" }, fields: { bodies_total: spool.refusedFull } },
    { tags: { reason: "disk_slow" }, fields: { bodies_total: spool.refusedSlow } },
    { tags: { reason: "busy" }, fields: { bodies_total: ingest.busyBodies } },
    { tags: { reason: "unreadable" }, fields: { bodies_total: ingest.unreadableBodies } },
    ...SCOPE_KINDS.map((kind) => ({
      tags: { reason: kind === "store" ? "too_many_series" : `too_many_series_of_${kind}` },
      fields: { lines_total: tooManySeriesLines[kind], samples_total: tooManySeries[kind] },
    })),
    { tags: { reason: "too_old" }, fields: { lines_total: outside.tooOld, samples_total: tooOld } },
    { tags: { reason: "too_new" }, fields: { lines_total: outside.tooNew, samples_total: tooNew } },
  ] satisfies OwnReadings["nephoscope_refused"];
}

function pullReadings(pull: Pull): OwnReadings["nephoscope_pull"] {
  const targets = pull.targets();
  return Object.entries(pull.counts()).map(([kind, counts]) => {
    const own = targets.filter((target) => target.kind === kind);
    return {
      tags: { kind },
      fields: {
        targets: own.length,
        targets_down: own.filter(({ health }) => health === "down").length,
        rounds_total: counts.rounds,
        failed_rounds_total: counts.failed,
        missed_rounds_total: counts.missed,
        samples_total: counts.samples,
        dropped_bodies_total: counts.droppedBodies,
      },
    };
  });
}
