import type { Attributes, Element, Node } from "../../../core/element.ts";
import { isLink } from "../../../core/element.ts";
import { agentId, ownerHostOf } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";

/** How an element is, as far as the map shows it. Up is quiet; everything else has a mark. */
export type Condition = "up" | "down" | "adminDown" | "error" | "unknown";

export function conditionOf(element: Element, agentIsSilent: boolean): Condition {
  if (agentIsSilent && ownerHostOf(element.id) !== undefined) return "unknown";
  if (isLink(element)) return "up";
  const { attributes } = element;
  if (isSaid(attributes.error)) return "error";
  if (attributes.admin_state === "down" || attributes.admin_up === false) return "adminDown";
  return isDown(element) ? "down" : "up";
}

/** An interface without a driver's opinion (`unknown`, as tun and loopback report) counts as up: it carries traffic. */
function isDown(node: Node): boolean {
  const { operstate, link_state, state, power_state } = node.attributes;
  if (node.kind === "domain" || node.kind === "vm") return [state, power_state].some((value) => isStopped(value));
  const stated = operstate ?? link_state;
  return typeof stated === "string" && /^(down|lowerlayerdown|notpresent)$/i.test(stated);
}

function isStopped(value: unknown): boolean {
  return typeof value === "string" && /^(shut ?off|shutdown|crashed|stopped)$/i.test(value);
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
