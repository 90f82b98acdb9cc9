import type { Element } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, ownerHostOf } from "../../../core/element-id.ts";
import { type Invariant, named } from "../invariant.ts";
import { joinInvariant, type LookUp } from "../join-invariant.ts";
import { textOf } from "./attribute-values.ts";

/** Bindings that leave an interface with `external_ids.iface-id` on the host; those of SR-IOV and DVR do not. */
const PLUGGED_VIF_TYPES: ReadonlySet<string> = new Set(["ovs", "vhostuser", "bridge", "tap"]);

/**
 * A Neutron port is bound, and the host it is bound to has it. A port of a machine that is not running has no interface
 * anywhere; nor can it be missed on a host whose agent does not tell of Open vSwitch.
 */
export const neutronPortNotBound: Invariant = joinInvariant({
  name: "neutron_port_not_bound",
  level: "critical",
  settleMs: 180_000,
  readsVolatile: false,
  reads: {
    port: named("binding_vif_type", "binding_host", "admin_up", "status", "device_id", "device_owner"),
    "ovs-port": named("external_ids.iface-id"),
    tap: named("external_ids.iface-id"),
    interface: named("external_ids.iface-id"),
    vm: named("status"),
    host: named("ovs_version"),
  },
  keysOf: (element) => {
    if (element.kind === "port") return [element.id];
    if (ownerHostOf(element.id) === undefined) return [];
    const port = textOf(element.attributes, "external_ids.iface-id");
    return port?.isWellFormed() ? [elementIdOf("neutron", "port", port)] : [];
  },
  looksAt: (element) => {
    if (element.kind !== "port") return [];
    return [...hostsOf(element), ...machinesOf(element)];
  },
  wrongWith: (members, _key, lookUp) => {
    const port = members.find(({ kind }) => kind === "port");
    if (port === undefined || port.attributes.admin_up === false) return undefined;
    const [vifType, host] = [textOf(port.attributes, "binding_vif_type"), textOf(port.attributes, "binding_host")];
    const machines = machinesOf(port).filter((id) => lookUp(id) !== undefined);
    const described = { ...(host === undefined ? {} : { binding_host: host }) };
    if (vifType === "binding_failed") {
      return { elements: [port.id, ...machines], detail: { reason: "binding_failed", ...described } };
    }
    if (host === undefined || !PLUGGED_VIF_TYPES.has(vifType ?? "") || !shouldBePlugged(port, lookUp)) return undefined;
    const known = hostsOf(port).find((id) => lookUp(id)?.attributes.ovs_version !== undefined);
    const places = [...new Set(members.flatMap(({ id }) => ownerHostOf(id) ?? []))];
    if (known === undefined || places.includes(host)) return undefined;
    return {
      elements: [port.id, known, ...machines],
      detail: { reason: "not_on_host", ...described, ...(places.length === 0 ? {} : { found_on: places.toSorted() }) },
    };
  },
});

function shouldBePlugged(port: Element, lookUp: LookUp): boolean {
  const machine = machinesOf(port)
    .map(lookUp)
    .find((it) => it !== undefined);
  if (machine !== undefined) return textOf(machine.attributes, "status") === "ACTIVE";
  return textOf(port.attributes, "status") === "ACTIVE";
}

/** By the name OpenStack calls it; a host that is known to us by another name counts as unknown. */
function hostsOf(port: Element): readonly ElementId[] {
  const host = textOf(port.attributes, "binding_host");
  return host?.isWellFormed() ? [hostId(host)] : [];
}

function machinesOf(port: Element): readonly ElementId[] {
  const device = textOf(port.attributes, "device_id");
  const isMachine = (textOf(port.attributes, "device_owner") ?? "compute:").startsWith("compute:");
  return isMachine && device?.isWellFormed() ? [elementIdOf("vm", device)] : [];
}
