import type { Element } from "../../../core/element.ts";
import { type Invariant, named, type Verdict } from "../invariant.ts";
import { localInvariant } from "../local-invariant.ts";
import { numberOf, textOf } from "./attribute-values.ts";

const DEAD_VLAN_TAG = 4095;

/**
 * A port the switch has in its database and no device for, in its two shapes: never found (ovs-vswitchd says so in
 * `error` and gives no port number, -1), and gone while ovs-vswitchd ran (only the ifindex becomes 0). Ports of tunnels
 * and patch cords have no ifindex to begin with.
 */
export const ovsPortWithoutDevice: Invariant = localInvariant({
  name: "ovs_port_without_device",
  level: "critical",
  settleMs: 120_000,
  readsVolatile: true,
  reads: { "ovs-port": named("error", "ofport", "ifindex", "type", "external_ids.iface-id") },
  wrongWith: ({ id, attributes }) => {
    const [error, type] = [textOf(attributes, "error"), textOf(attributes, "type") ?? "system"];
    const isNotFound = error !== undefined || numberOf(attributes, "ofport") === -1;
    const isGone = type === "system" && numberOf(attributes, "ifindex") === 0;
    if (!isNotFound && !isGone) return undefined;
    const detail = { reason: isNotFound ? "not_found" : "gone", ...(error === undefined ? {} : { error }) };
    return { elements: [id], detail: { ...detail, ...portOf(attributes) } };
  },
});

/** Neutron's agent could not wire this port and put it where it reaches nothing. */
export const ovsDeadVlan: Invariant = localInvariant({
  name: "ovs_dead_vlan",
  level: "critical",
  settleMs: 60_000,
  readsVolatile: true,
  reads: { "ovs-port": named("tag", "external_ids.iface-id") },
  wrongWith: (element): Verdict | undefined =>
    numberOf(element.attributes, "tag") === DEAD_VLAN_TAG
      ? { elements: [element.id], detail: portOf(element.attributes) }
      : undefined,
});

function portOf(attributes: Element["attributes"]): Element["attributes"] {
  const port = textOf(attributes, "external_ids.iface-id");
  return port === undefined ? {} : { port };
}
