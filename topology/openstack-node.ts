import type { Node } from "../core/element.ts";
import { elementIdOf } from "../core/element-id.ts";

/** The node that says how far a cluster's OpenStack is known. */
export const OPENSTACK_ID = elementIdOf("openstack", "cloud");

/**
 * `all`: what there is, is known. `some`: the user that asks may not see all of it, or it was not read yet. `stale`: it could not be
 * asked for a while; what is known stays as it was.
 */
export type Knowledge = "all" | "some" | "stale";

export function openStackNode(cluster: string, servers: Knowledge, ports: Knowledge): Node {
  return { id: OPENSTACK_ID, kind: "service", name: "OpenStack", cluster, attributes: { servers, ports } };
}
