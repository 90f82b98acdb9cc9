import type { Node } from "../../../core/element.ts";
import { type ElementId, segmentsOf } from "../../../core/element-id.ts";
import { textIn } from "./rows.ts";

// What tells that two elements with different ids are the same thing.

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
/** Neutron and Nova name devices by the first 11 characters of the port's id (neutron-lib constants, nova os_vif_util). */
const PORT_DEVICE = /^(?:tap|ns-|qbr|qvb|qvo|vhu|qr-|qg-|sg-|ha-|fg-)([0-9a-f]{8}-[0-9a-f]{2})$/;
export const PORT_PREFIX_LENGTH = 11;

/** The same text for the same thing before and after it moved; undefined for what has no identity but its id. */
export function identityOf(node: Node): string | undefined {
  const { kind, name, attributes } = node;
  if (kind === "domain") return `domain ${domainUuidOf(node)}`;
  // Only names no two hosts choose by themselves: qrouter-<uuid>, not "blue".
  if (kind === "netns") return UUID.test(name) ? `netns ${name}` : undefined;
  const port = textIn(attributes, "external_ids.iface-id");
  if (port !== undefined) return `${kind} port ${port}`;
  if (PORT_DEVICE.test(name)) return `${kind} ${name}`;
  const mac = textIn(attributes, "mac");
  return mac === undefined || node.host === undefined ? undefined : `${kind} ${node.host} ${mac} ${name}`;
}

/** Of an ordinary interface that may have got a new name on the way. */
export function deviceIdentityOf({ kind, host, attributes }: Node): string | undefined {
  const [mac, ifindex] = [textIn(attributes, "mac"), attributes.ifindex];
  if (mac === undefined || host === undefined || typeof ifindex !== "number") return undefined;
  return `${kind} ${host} ${mac} ${ifindex}`;
}

/** The first characters of the Neutron port a device belongs to, as its name or its external ids tell. */
export function portPrefixOf({ name, attributes }: Node): string | undefined {
  const port = textIn(attributes, "external_ids.iface-id");
  return port?.slice(0, PORT_PREFIX_LENGTH) ?? portPrefixIn(name);
}

export function portPrefixIn(deviceName: string): string | undefined {
  return PORT_DEVICE.exec(deviceName)?.[1];
}

export function domainUuidOf({ id, attributes }: Node): string {
  return textIn(attributes, "uuid") ?? lastSegment(id);
}

/** The uuid of `vm/<uuid>`, `neutron/port/<uuid>`; undefined for other ids. */
export function uuidBelow(prefix: "vm/" | "neutron/port/", id: ElementId): string | undefined {
  return id.startsWith(prefix) ? id.slice(prefix.length) : undefined;
}

export function lastSegment(id: ElementId): string {
  return segmentsOf(id).at(-1) ?? id;
}
