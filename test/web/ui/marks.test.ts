import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { type Attributes, linkOf, type Node, type NodeKind } from "../../../core/element.ts";
import { agentId, elementIdOf, interfaceId } from "../../../core/element-id.ts";
import { topologyOf } from "../../../topology/model/topology.ts";
import type { Incident } from "../../../web/api/alerts.ts";
import { alertsAt } from "../../../web/ui/model/alerts-at.ts";
import { agentIsSilent, type Condition, conditionOf, isNoise } from "../../../web/ui/model/condition.ts";
import { matches } from "../../../web/ui/model/filter.ts";
import { agentNode } from "./fixture-cloud.ts";

const node = (kind: NodeKind, attributes: Attributes, name = "eth0"): Node => ({
  id: interfaceId("c-1", undefined, name),
  kind,
  name,
  cluster: "main",
  host: "c-1",
  attributes,
});

describe("the condition of an element", () => {
  test.each<[string, Node, Condition]>([
    ["up", node("nic", { admin_up: true, operstate: "UP" }), "up"],
    ["no carrier", node("nic", { admin_up: true, operstate: "DOWN" }), "down"],
    ["lower layer down", node("vlan", { admin_up: true, operstate: "LOWERLAYERDOWN" }), "down"],
    ["switched off", node("nic", { admin_up: false, operstate: "DOWN" }), "adminDown"],
    ["no opinion of the driver", node("tun", { admin_up: true, operstate: "UNKNOWN" }), "up"],
    ["OVS error", node("ovs-port", { error: "could not open network device", link_state: "down" }), "error"],
    ["OVS link down", node("ovs-port", { link_state: "down" }), "down"],
    ["OVS port switched off", node("ovs-port", { link_state: "down", admin_state: "down" }), "adminDown"],
    ["empty error", node("ovs-port", { error: "", link_state: "up" }), "up"],
    ["running domain", node("domain", { state: "running" }), "up"],
    ["paused domain", node("domain", { state: "paused" }), "paused"],
    ["domain that waits for its migration", node("domain", { state: "migrating" }), "paused"],
    ["domain paused for a full disk", node("domain", { state: "paused", state_reason: "io-error" }), "error"],
    ["domain that is shut off", node("domain", { state: "shutoff" }), "down"],
    ["crashed domain", node("domain", { state: "crashed" }), "error"],
    ["function switched off on its card", node("vf", { vf_link_state: "disable" }), "adminDown"],
    ["function that follows its card", node("vf", { vf_link_state: "auto" }), "up"],
    ["speaker", node("bgp-speaker", { peers: ["a", "b"], peers_down: [] }), "up"],
    ["speaker that lost a session", node("bgp-speaker", { peers: ["a", "b"], peers_down: ["b"] }), "degraded"],
    ["speaker alone", node("bgp-speaker", { peers: ["a", "b"], peers_down: ["a", "b"] }), "down"],
    [
      "speaker alone but for what was shut down",
      node("bgp-speaker", { peers: ["a", "b"], peers_down: ["a"], peers_admin_down: ["b"] }),
      "down",
    ],
    ["VNI", node("vni", { vni: 7, remote_vteps: [] }), "up"],
    ["VNI with a MAC in two places", node("vni", { vni: 7, duplicate_macs: ["fa:16:3e:00:00:01"] }), "error"],
    ["bond that lost a member", node("bond", { operstate: "UP", bond_members_down: ["eth1"] }), "degraded"],
    [
      "bond of the switch that lost a member",
      node("ovs-port", { link_state: "up", members_down: ["eth1"] }),
      "degraded",
    ],
    ["bond that lost all", node("bond", { operstate: "DOWN", bond_members_down: ["eth0", "eth1"] }), "down"],
    ["stopped VM", { ...node("vm", { power_state: "shutdown" }), id: elementIdOf("vm", "x") }, "down"],
  ])("%s", (_what, element, condition) => {
    expect(conditionOf(element, false)).toBe(condition);
  });

  test("a lost BGP session is down at its link, too", () => {
    const session = (word: string) =>
      linkOf("bgp-session", elementIdOf("host", "c-1", "bgp", "65000"), elementIdOf("host", "c-2", "bgp", "65000"), {
        session: word,
      });
    expect(conditionOf(session("established"), false)).toBe("up");
    expect(conditionOf(session("active"), false)).toBe("down");
  });

  test("nobody knows while the agent is silent, but of what the agent does not own", () => {
    expect(conditionOf(node("nic", { operstate: "UP" }), true)).toBe("unknown");
    expect(conditionOf({ ...node("vm", {}), id: elementIdOf("vm", "x") }, true)).toBe("up");
  });

  test("the recorder's node of the agent says whether it is silent", () => {
    expect(agentIsSilent(topologyOf([agentNode("main", "c-1", "silent")]), "c-1")).toBe(true);
    expect(agentIsSilent(topologyOf([agentNode("main", "c-1", "connected")]), "c-1")).toBe(false);
    expect(agentId("c-1")).toBe(agentNode("main", "c-1", "silent").id);
    expect(agentIsSilent(topologyOf([]), "c-1")).toBe(false);
  });

  test.each<[string, Node, boolean]>([
    ["loopback", node("loopback", {}), true],
    ["idle ifb", node("interface", { admin_up: false, operstate: "DOWN" }), true],
    ["interface with an address", node("interface", { admin_up: false, addresses: ["10.0.0.1/24"] }), false],
    ["NIC that is down", node("nic", { operstate: "DOWN" }), false],
  ])("%s is noise: %s", (_what, element, expected) => {
    expect(isNoise(element)).toBe(expected);
  });
});

describe("alerts on the map", () => {
  const incident = (id: string, fields: Partial<Incident>): Incident => ({
    id,
    state: "firing",
    severity: "warning",
    rule: "r",
    summary: "s",
    description: "d",
    labels: {},
    element: "host/c-1",
    started_at: 100,
    notifications: [],
    ...fields,
  });
  const incidents = [
    incident("1", {}),
    incident("2", { severity: "critical", started_at: 200 }),
    incident("3", { element: "host/c-2", state: "resolved", started_at: 50, resolved_at: 150 }),
    incident("4", { element: undefined }),
  ];

  test("show the worst that fires now", () => {
    expect([...alertsAt(incidents, undefined)]).toEqual([["host/c-1", "critical"]]);
  });

  test("show in the past what fired then", () => {
    expect([...alertsAt(incidents, epochMsOf(120))]).toEqual([
      ["host/c-1", "warning"],
      ["host/c-2", "warning"],
    ]);
    expect(alertsAt(incidents, epochMsOf(150)).has("host/c-2")).toBe(false);
  });
});

describe("finding on the map", () => {
  const element = node(
    "tap",
    { mac: "fe:16:3e:00:aa:01", addresses: ["10.1.2.3/24"], mtu: 1450, "external_ids.iface-id": "9f3c" },
    "tap5b1e9c03-2f",
  );
  test.each([
    ["", true],
    ["5b1e", true],
    ["TAP5B", true],
    ["10.1.2.3", true],
    ["fe:16:3e:00:aa:01", true],
    ["FE163E00AA01", true],
    ["fe-16-3e-00-aa-01", true],
    ["9f3c", true],
    ["tap 10.1", true],
    ["tap 10.9", false],
    ["1450", false],
    ["c-1", false],
    ["host/c-1/if/tap5b1e9c03-2f", true],
  ])("%s: %s", (query, found) => {
    expect(matches(element, query)).toBe(found);
  });
});
