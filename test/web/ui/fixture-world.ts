import { type EpochMs, systemClock } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { interfaceId, ovsPortId } from "../../../core/element-id.ts";
import type { Change } from "../../../topology/model/change.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import type { Incident } from "../../../web/api/alerts.ts";
import type { OperationJson } from "../../../web/api/operations.ts";
import type { StatusResponse } from "../../../web/api/status.ts";
import type { SnapshotsResponse } from "../../../web/api/topology.ts";
import { agentNode, bareHost, cloudOf, computeNode, uuidOf } from "./fixture-cloud.ts";
import { dropVm, type FixtureHistory, fixtureHistory, livelyPast, putVm } from "./fixture-history.ts";

export const CLUSTER = "default";
export const HOST = "compute-07";
const HISTORY_MS = 3 * 3_600_000;

/** `cloud`: a compute node and a second host. `big`: 220 VMs. `bare`: a plain machine. `empty`: no agent yet. */
export const SCENARIOS = ["cloud", "big", "bare", "empty"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** The made-up installation behind the fixture server. */
export interface World {
  readonly history: FixtureHistory;
  readonly snapshots: SnapshotsResponse["snapshots"];
  readonly incidents: Incident[];
  readonly agents: StatusResponse["agents"];
  readonly operations: readonly OperationJson[];
  /** Called with the changes of each new revision. */
  readonly listeners: Set<(changes: readonly Change[], at: EpochMs) => void>;
  putVm(index: number): void;
  dropVm(index: number): void;
  change(edit: (elements: Map<string, Element>) => void): void;
}

export function createWorld(scenario: Scenario, silent: boolean): World {
  const now = systemClock.now();
  const history = fixtureHistory(CLUSTER, (now - HISTORY_MS) as EpochMs, topologyOfScenario(scenario));
  const vms = scenario === "big" ? 220 : 14;
  if (scenario === "cloud" || scenario === "big") livelyPast(history, { cluster: CLUSTER, host: HOST, vms, now });
  const listeners: World["listeners"] = new Set();
  const change: World["change"] = (edit) => {
    const elements = new Map<string, Element>(history.now());
    edit(elements);
    const at = systemClock.now();
    const changes = history.record(at, topologyOf(elements.values()));
    for (const listener of listeners) listener(changes, at);
  };
  if (silent) {
    change((all) => {
      const agent = agentNode(CLUSTER, HOST, "silent");
      all.set(agent.id, { ...agent, attributes: { ...agent.attributes, since: now - 240_000 } });
    });
  }
  return {
    history,
    listeners,
    change,
    snapshots:
      scenario === "empty" ? [] : [snapshot("before-upgrade", now - 45 * 60_000, "Before Neutron 2026.1 on this rack")],
    incidents: scenario === "cloud" || scenario === "big" ? incidents(now) : [],
    agents: agentsOf(scenario, silent, now),
    operations: scenario === "empty" ? [] : operations(now),
    putVm: (index) => change((all) => putVm(all, { cluster: CLUSTER, host: HOST, index })),
    dropVm: (index) => change((all) => dropVm(all, HOST, index)),
  };
}

/** More than one page of them. */
function operations(now: EpochMs): readonly OperationJson[] {
  return Array.from({ length: 60 }, (_, index) => ({
    id: String(1_000 - index),
    at: now - index * 90_000,
    who: index % 3 === 0 ? "wang" : "li",
    role: "operator",
    from: "10.0.0.7",
    what: index % 2 === 0 ? "snapshot.create" : "incident.acknowledge",
    trace_id: index.toString(16).padStart(32, "a"),
    outcome: index === 1 ? "refused" : "done",
    cluster: CLUSTER,
    element: index % 2 === 0 ? `snapshot before-${index}` : "host/compute-07/if/eth0",
    after: "made",
    ...(index === 1 ? { code: "incident.resolved" } : {}),
  }));
}

function topologyOfScenario(scenario: Scenario): Topology {
  switch (scenario) {
    case "empty":
      return new Map();
    case "bare":
      return cloudOf(bareHost(CLUSTER, HOST));
    case "big":
      return cloudOf(computeNode(CLUSTER, HOST, 220));
    case "cloud":
      return cloudOf(computeNode(CLUSTER, HOST, 14), bareHost(CLUSTER, "network-01"));
  }
}

function agentsOf(scenario: Scenario, silent: boolean, now: EpochMs): StatusResponse["agents"] {
  const agent = (host: string, session: "connected" | "silent"): StatusResponse["agents"][number] => ({
    host,
    cluster: CLUSTER,
    session,
    since: now - 240_000,
    clock_offset_ms: 0.4,
    version: "0.1.0",
  });
  if (scenario === "empty") return [];
  const first = agent(HOST, silent ? "silent" : "connected");
  return scenario === "cloud" ? [first, agent("network-01", "connected")] : [first];
}

function snapshot(name: string, at: number, note: string): SnapshotsResponse["snapshots"][number] {
  return { name, cluster: CLUSTER, at, revision: 9, created_at: at + 2_000, created_by: "wang", note };
}

function incidents(now: EpochMs): Incident[] {
  const tap = `tap${uuidOf(HOST, 5).slice(0, 11)}`;
  const base = { labels: { host: HOST, cluster: CLUSTER }, cluster: CLUSTER, notifications: [] };
  return [
    {
      ...base,
      id: "i-1",
      state: "firing",
      severity: "critical",
      rule: "OvsPortWithoutDevice",
      summary: `OVS port ${tap} has no device`,
      description: "The port is in the OVS database but its tap device is gone: the VM behind it has no network.",
      element: ovsPortId(HOST, "br-int", tap),
      started_at: now - 4 * 60_000,
      notifications: [
        { receiver: "feishu-oncall", event: "fired", state: "sent", attempts: 1, sent_at: now - 4 * 60_000 + 900 },
      ],
    },
    {
      ...base,
      id: "i-2",
      state: "firing",
      severity: "warning",
      rule: "InterfaceDown",
      summary: "ens1f1 is down",
      description: "The interface was up and lost its carrier.",
      element: interfaceId(HOST, undefined, "ens1f1"),
      started_at: now - 2.5 * 60_000,
      notifications: [
        {
          receiver: "feishu-oncall",
          event: "fired",
          state: "waiting",
          attempts: 2,
          last_error: "HTTP 503 from open.feishu.cn",
        },
      ],
    },
    {
      ...base,
      id: "i-3",
      state: "resolved",
      severity: "warning",
      rule: "InterfaceDown",
      summary: "ens1f1 is down",
      description: "The interface was up and lost its carrier.",
      element: interfaceId(HOST, undefined, "ens1f1"),
      started_at: now - 88 * 60_000,
      resolved_at: now - 86 * 60_000,
      resolved_because: "recovered",
      acknowledged_at: now - 87 * 60_000,
      acknowledged_by: "li",
    },
  ];
}
