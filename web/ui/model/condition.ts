import type { Attributes, Element, Link, Node } from "../../../core/element.ts";
import { isLink } from "../../../core/element.ts";
import { agentId, ownerHostOf } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";

/** How an element is, as far as the map shows it. Up is quiet; everything else has a mark. */
export type Condition = "up" | "down" | "degraded" | "paused" | "adminDown" | "error" | "unknown";

export function conditionOf(element: Element, agentIsSilent: boolean): Condition {
  if (agentIsSilent && ownerHostOf(element.id) !== undefined) return "unknown";
  if (isLink(element)) return isLostSession(element) ? "down" : "up";
  const { attributes, kind } = element;
  if (isSaid(attributes.error) || isSaid(attributes.duplicate_macs)) return "error";
  if (kind === "domain" || kind === "vm") return conditionOfMachine(attributes);
  if (attributes.admin_state === "down" || attributes.admin_up === false) return "adminDown";
  if (attributes.vf_link_state === "disable") return "adminDown";
  if (isDown(element)) return "down";
  return PARTS_DOWN.some((name) => isSaid(attributes[name])) ? "degraded" : "up";
}

/** Attributes that list what is down of an element that as a whole works: sessions, members of a bond. */
const PARTS_DOWN = [
  "peers_down",
  "bond_members_down",
  "lacp_members_outside",
  "lacp_members_churned",
  "members_down",
  "members_lacp_expired",
] as const;

/** Reasons for which QEMU itself stopped a machine that somebody wanted to run. */
const FAILED = /^(io-error|watchdog|crashed|postcopy-failed)$/;

function conditionOfMachine({ state, power_state, state_reason }: Attributes): Condition {
  const states = [state, power_state].map((value) => String(value ?? "").toLowerCase());
  const isIn = (words: RegExp) => states.some((word) => words.test(word));
  if (isIn(/^crashed$/) || FAILED.test(String(state_reason ?? ""))) return "error";
  if (isIn(/^(shut ?off|shutdown|stopped)$/)) return "down";
  return isIn(/^(paused|pmsuspended|suspended|migrating)$/) ? "paused" : "up";
}

function isLostSession({ kind, attributes }: Link): boolean {
  return kind === "bgp-session" && attributes.session !== undefined && attributes.session !== "established";
}

/** An interface without a driver's opinion (`unknown`, as tun and loopback report) counts as up: it carries traffic. */
function isDown(node: Node): boolean {
  const { operstate, link_state, peers, peers_down, peers_admin_down } = node.attributes;
  // A speaker whose every session is lost, but for those that somebody shut down.
  if (node.kind === "bgp-speaker" && isSaid(peers_down) && peers !== undefined) {
    return lengthOf(peers_down) + lengthOf(peers_admin_down) >= lengthOf(peers);
  }
  const stated = operstate ?? link_state;
  return typeof stated === "string" && /^(down|lowerlayerdown|notpresent)$/i.test(stated);
}

function lengthOf(value: Attributes[string] | undefined): number {
  return Array.isArray(value) ? value.length : 0;
}

function isSaid(value: Attributes[string] | undefined): boolean {
  return value !== undefined && value !== "" && value !== false && !(Array.isArray(value) && value.length === 0);
}

/** Whether the recorder says that the agent of this host has gone silent. */
export function agentIsSilent(topology: Topology, host: string): boolean {
  const agent = topology.get(agentId(host));
  return agent !== undefined && agent.attributes.session === "silent";
}

/** Loopbacks and interfaces nobody uses: they may be dimmed. */
export function isNoise(element: Element): boolean {
  if (isLink(element)) return false;
  if (element.kind === "loopback") return true;
  if (element.kind !== "interface" && element.kind !== "tun") return false;
  const { addresses, master } = element.attributes;
  const isIdle = conditionOf(element, false) === "adminDown" || conditionOf(element, false) === "down";
  return isIdle && !isSaid(addresses) && !isSaid(master);
}
