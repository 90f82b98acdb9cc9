import { type Attributes, type Link, type LinkKind, linkOf, type Node, type NodeKind } from "../../../core/element.ts";
import {
  agentId,
  type ElementId,
  elementIdOf,
  hostId,
  interfaceId,
  netnsId,
  ovsPortId,
  segmentsOf,
} from "../../../core/element-id.ts";

// Elements as agents and OpenStack tell them, with only what a test is about.

export function node(id: ElementId, kind: NodeKind, attributes: Attributes = {}): Node {
  const segments = segmentsOf(id);
  const host = segments[0] === "host" || segments[0] === "agent" ? segments[1] : undefined;
  const netns = segments[2] === "netns" && segments[4] === "if" ? segments[3] : undefined;
  const parent =
    host === undefined || id === hostId(host) ? undefined : netns === undefined ? hostId(host) : netnsId(host, netns);
  return { id, kind, name: segments.at(-1) ?? id, cluster: "c", host, parent, attributes };
}

export const host = (name: string, attributes: Attributes = {}) => node(hostId(name), "host", attributes);
export const agent = (name: string, attributes: Attributes = {}) => node(agentId(name), "agent", attributes);
export const netns = (on: string, name: string, attributes: Attributes = {}) =>
  node(netnsId(on, name), "netns", attributes);
export const device = (on: string, kind: NodeKind, name: string, attributes: Attributes = {}) =>
  node(interfaceId(on, undefined, name), kind, attributes);
export const ovsPort = (on: string, name: string, attributes: Attributes = {}) =>
  node(ovsPortId(on, "br-int", name), "ovs-port", { type: "system", ifindex: 7, ofport: 3, ...attributes });
export const domain = (on: string, uuid: string, attributes: Attributes = {}) =>
  node(elementIdOf("host", on, "domain", uuid), "domain", { uuid, state: "running", ...attributes });
export const vm = (uuid: string, attributes: Attributes = {}) => node(elementIdOf("vm", uuid), "vm", attributes);
export const port = (uuid: string, attributes: Attributes = {}) =>
  node(elementIdOf("neutron", "port", uuid), "port", attributes);
export const subnet = (uuid: string, attributes: Attributes = {}) =>
  node(elementIdOf("neutron", "subnet", uuid), "subnet", attributes);

export function link(kind: LinkKind, from: Node, to: Node, attributes: Attributes = {}): Link {
  return linkOf(kind, from.id, to.id, attributes);
}
