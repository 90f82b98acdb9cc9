import type { AgentServer } from "../../collector/agents/serve-agents.ts";
import type { MetricsPath } from "../../collector/metrics-path.ts";
import type { FindingCounts } from "../../topology/invariants/findings.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { Figure } from "../../web/server/operation-routes.ts";
import type { Clusters } from "./clusters.ts";

/** What `/metrics` tells of this process besides what every Node process tells. */
export function figuresOf(
  metrics: MetricsPath,
  { recorders, findings }: Clusters,
  agents: AgentServer,
): readonly Figure[] {
  const counter = (name: string, help: string, value: () => number): Figure => ({ kind: "counter", name, help, value });
  const gauge = (name: string, help: string, value: () => number): Figure => ({ kind: "gauge", name, help, value });
  const { counts } = metrics;
  const told = () => agents.counts();
  const sum = (numberOf: (recorder: Recorder) => number): number =>
    [...recorders.values()].reduce((total, recorder) => total + numberOf(recorder), 0);
  const found = (numberOf: (counts: FindingCounts) => number): number =>
    [...findings.values()].reduce((total, each) => total + numberOf(each.counts()), 0);
  return [
    counter("ingest_bodies_total", "Write requests taken", () => counts().ingest.bodies),
    counter("ingest_lines_total", "Lines made durable", () => counts().ingest.lines),
    counter(
      "ingest_refused_lines_total",
      "Lines refused as malformed or not allowed",
      () => counts().ingest.refusedLines,
    ),
    counter("ingest_repeats_total", "Write requests that had come before", () => counts().ingest.repeats),
    gauge("spool_bytes", "Bytes the write-ahead spool has on disk", () => counts().spool.bytes),
    gauge("spool_limit_bytes", "Bytes the spool may have on disk", () => counts().spool.maxBytes),
    counter(
      "spool_refused_total",
      "Write requests refused because the spool was full",
      () => counts().spool.refusedFull,
    ),
    counter("spool_commits_total", "fdatasync calls of the spool", () => counts().spool.commits),
    gauge("head_series", "Series the head knows", () => counts().head.series),
    counter("influxdb_rejected_lines_total", "Lines InfluxDB will never take", () => counts().influxRejectedLines),
    gauge("topology_elements", "Elements of the live topology", () => sum(({ graph }) => graph.size)),
    gauge("topology_revision", "Durable revisions of all clusters", () => sum((recorder) => recorder.revision())),
    gauge("topology_findings_standing", "Invariants that do not hold", () => found(({ standing }) => standing)),
    gauge("topology_findings_settling", "Breaches younger than their settle time", () =>
      found(({ settling }) => settling),
    ),
    gauge("topology_findings_unknown", "Findings on hosts whose agent is silent", () =>
      found(({ unknown }) => unknown),
    ),
    gauge("topology_findings_waiting_changes", "Changes the invariants have not looked at yet", () =>
      found(({ waitingChanges }) => waitingChanges),
    ),
    counter("topology_judgements_total", "Subjects the invariants judged", () => found(({ judgements }) => judgements)),
    gauge("agents_connected", "Agents' sessions", () => agents.connections()),
    counter("agent_sessions_resumed_total", "Sessions that went on with changes", () => told().sessionsResumed),
    counter("agent_sessions_full_total", "Sessions that began with a full state", () => told().sessionsFull),
    counter("agent_full_states_total", "Full states made durable", () => told().fullStates),
    counter(
      "agent_volatile_states_total",
      "Hosts that told their volatile attributes anew",
      () => told().volatileStates,
    ),
    counter("agent_told_to_wait_total", "Messages of agents answered with: later", () => told().toldToWait),
    counter("agent_refused_total", "Agents turned away and messages of agents refused", () => told().refused),
  ];
}
