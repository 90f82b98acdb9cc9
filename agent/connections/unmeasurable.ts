import { type Attributes, type Element, isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";

/**
 * Machines whose connections, or some of them, are in no conntrack table of the kernel: said by the attribute `connections` of the
 * domain, since a number would be wrong and none at all would look like an idle machine.
 */
export function unmeasurableConnections(elements: Iterable<Element>): ReadonlyMap<ElementId, Attributes> {
  const nodes = [...elements].filter((it) => !isLink(it));
  const inUserSpace = nodes.some(
    ({ kind, attributes }) => kind === "ovs-bridge" && attributes.datapath_type === "netdev",
  );
  const said = new Map<ElementId, Attributes>();
  for (const { id, kind, attributes } of nodes) {
    if (kind !== "domain" || !Array.isArray(attributes.interfaces)) continue;
    const reasons = attributes.interfaces.map((it) => reasonOf(String(it).split(":")[0], inUserSpace));
    const without = [...new Set(reasons)].filter((reason) => reason !== undefined).toSorted();
    if (without.length === 0) continue;
    const extent = reasons.includes(undefined) ? "partly measurable" : "not measurable";
    said.set(id, { connections: `${extent} (${without.join(", ")})` });
  }
  return said;
}

/** Packets of a virtual function and of macvtap pass by the host; a switch in user space tracks connections by itself. */
function reasonOf(backend: string | undefined, inUserSpace: boolean): string | undefined {
  if (backend === "vf" || backend === "macvtap") return backend;
  if (backend === "vhost-user" || inUserSpace) return "conntrack of the switch in user space";
  return undefined;
}
