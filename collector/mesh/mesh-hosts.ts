import { type Element, isLink } from "../../core/element.ts";
import { hostId, segmentsOf } from "../../core/element-id.ts";
import { parseEndpoint } from "../../core/mesh.ts";
import type { GraphView } from "../../topology/live-graph.ts";
import type { MeshHost } from "./plan-mesh.ts";

/** The hosts of a cluster that say where they can be asked. */
export function meshHostsOf(graph: Pick<GraphView, "ofKind" | "get">): readonly MeshHost[] {
  const hosts: MeshHost[] = [];
  for (const id of graph.ofKind("host")) {
    const host = meshHostOf(graph.get(id));
    if (host !== undefined) hosts.push(host);
  }
  return hosts;
}

/** Undefined for what is no host, or none that can be asked. */
export function meshHostOf(element: Element | undefined): MeshHost | undefined {
  if (element === undefined || isLink(element) || element.kind !== "host" || element.id !== hostId(element.name)) {
    return undefined;
  }
  const { mesh_endpoints: told, role } = element.attributes;
  const endpoints = Array.isArray(told) ? told.flatMap((text) => parseEndpoint(String(text)) ?? []) : [];
  if (endpoints.length === 0) return undefined;
  const place = element.parent === undefined ? [] : segmentsOf(element.parent);
  return {
    host: element.name,
    zone: place.slice(0, 4).join("/"),
    rack: place.slice(4).join("/"),
    isNetworkNode: role === "network",
    endpoints,
  };
}
