import { type Element, isLink } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId, ownerHostOf } from "../../../core/element-id.ts";
import { type Invariant, named, type Verdict } from "../invariant.ts";
import { joinInvariant } from "../join-invariant.ts";
import { isNode, textOf, textsOf } from "./attribute-values.ts";

/** What stands behind an interface of a domain, and the kinds it may be. Types as in the domain's `interfaces`. */
const BACKEND_KINDS: { readonly [type: string]: readonly Element["kind"][] } = {
  tap: ["tap", "tun", "interface"],
  macvtap: ["macvtap"],
  vf: ["vf", "nic"],
  "vhost-user": ["ovs-port"],
};

const DEVICE = named("@name", "bus_address", "type");

/** A domain in one of these has its QEMU process, and with it its interfaces. */
const RUNNING: ReadonlySet<string> = new Set(["running", "paused", "blocked", "idle", "pmsuspended"]);

/**
 * Every interface of a running domain has what its definition names: a tap or macvtap by name, a virtual function by name
 * or bus address, a vhost-user port in Open vSwitch.
 */
export const domainInterfaceWithoutBackend: Invariant = joinInvariant({
  name: "domain_interface_without_backend",
  level: "critical",
  settleMs: 120_000,
  readsVolatile: false,
  reads: {
    domain: named("interfaces", "state"),
    tap: DEVICE,
    tun: DEVICE,
    interface: DEVICE,
    macvtap: DEVICE,
    vf: DEVICE,
    nic: DEVICE,
    "ovs-port": DEVICE,
  },
  keysOf: (element) => {
    const host = ownerHostOf(element.id);
    if (host === undefined || !isNode(element)) return [];
    if (element.kind === "domain") return declared(element).map(({ type, target }) => backendKey(host, type, target));
    // Ports of Open vSwitch are many, those of vhost-user few.
    if (element.kind === "ovs-port" && !textOf(element.attributes, "type")?.includes("vhostuser")) return [];
    return [element.name, ...textsOf(element.attributes, "bus_address")].flatMap((target) =>
      Object.keys(BACKEND_KINDS)
        .filter((type) => BACKEND_KINDS[type]?.includes(element.kind))
        .map((type) => backendKey(host, type, target)),
    );
  },
  wrongWith: (members, key) => {
    const domains = members.filter((member) => member.kind === "domain" && isRunning(member));
    const hasBackend = members.some((member) => member.kind !== "domain");
    if (domains.length === 0 || hasBackend) return undefined;
    const [, type = "", target = ""] = key.split("|");
    return { elements: domains.map(({ id }) => id), detail: { interface_type: type, target } };
  },
});

/**
 * A tap belongs to a domain, or to Neutron's own services. One that nothing claims is left over from a domain that is
 * gone. Only taps of OpenStack count, and only where the agent tells of domains (`libvirt_version` of the host), or where
 * the kernel says that no process holds the tap (no carrier).
 */
export const tapWithoutOwner: Invariant = joinInvariant({
  name: "tap_without_owner",
  level: "warning",
  settleMs: 180_000,
  readsVolatile: false,
  reads: {
    tap: named("carrier", "external_ids.iface-id", "device_owner", "@name"),
    domain: named("interfaces"),
    attached: named(),
    "ovs-port": named("external_ids.iface-id", "device_owner", "@name"),
    port: named("device_owner"),
    host: named("libvirt_version"),
  },
  keysOf: (element) => {
    if (isLink(element)) return [element.from];
    const host = ownerHostOf(element.id);
    if (host === undefined) return [];
    switch (element.kind) {
      case "tap":
        return [element.id];
      case "ovs-port":
        return [interfaceId(host, undefined, element.name)];
      case "domain":
        return declared(element)
          .filter(({ type }) => type === "tap")
          .map(({ target }) => interfaceId(host, undefined, target));
      default:
        return [];
    }
  },
  looksAt: (element) => {
    const host = ownerHostOf(element.id);
    if (element.kind === "tap" && host !== undefined) return [hostId(host), ...neutronPortsOf(element)];
    return element.kind === "ovs-port" ? neutronPortsOf(element) : [];
  },
  wrongWith: (members, _key, lookUp): Verdict | undefined => {
    const tap = members.find(({ kind }) => kind === "tap");
    const host = tap === undefined ? undefined : ownerHostOf(tap.id);
    if (tap === undefined || host === undefined) return undefined;
    const others = members.filter(({ id }) => id !== tap.id);
    const isClaimed = others.some(({ kind }) => kind === "domain" || kind === "attached");
    const service = members.filter(({ kind }) => kind === "tap" || kind === "ovs-port");
    if (isClaimed || isInServiceNamespace(tap.id) || service.some((it) => isOfService(it, lookUp))) return undefined;
    if (!isOfOpenStack(members)) return undefined;
    const tellsDomains = lookUp(hostId(host))?.attributes.libvirt_version !== undefined;
    if (!tellsDomains && tap.attributes.carrier !== false) return undefined;
    const port = members.map((it) => textOf(it.attributes, "external_ids.iface-id")).find((id) => id !== undefined);
    return { elements: [tap.id], detail: port === undefined ? {} : { port } };
  },
});

function declared(domain: Element): readonly { readonly type: string; readonly target: string }[] {
  return textsOf(domain.attributes, "interfaces").flatMap((text) => {
    const colon = text.indexOf(":");
    const [type, target] = [text.slice(0, colon), text.slice(colon + 1)];
    return BACKEND_KINDS[type] === undefined || target === "" || !target.isWellFormed() ? [] : [{ type, target }];
  });
}

function backendKey(host: string, type: string, target: string): string {
  return `${host}|${type}|${target}`;
}

function isRunning({ attributes }: Element): boolean {
  return RUNNING.has(textOf(attributes, "state") ?? "running");
}

function neutronPortsOf({ attributes }: Element): readonly ElementId[] {
  const port = textOf(attributes, "external_ids.iface-id");
  return port?.isWellFormed() ? [elementIdOf("neutron", "port", port)] : [];
}

/** Ports of DHCP, routers and metadata have an owner that is not a computer. */
function isOfService(element: Element, lookUp: (id: ElementId) => Element | undefined): boolean {
  const owners = [element, ...neutronPortsOf(element).flatMap((id) => lookUp(id) ?? [])].map(({ attributes }) =>
    textOf(attributes, "device_owner"),
  );
  return owners.some((owner) => owner?.startsWith("network:"));
}

function isInServiceNamespace(tap: ElementId): boolean {
  return /^host\/[^/]+\/netns\/(qdhcp|qrouter|ovnmeta|snat|fip)-/.test(tap);
}

/** Neutron names a tap `tap` and the first 11 characters of the port's id. */
function isOfOpenStack(members: readonly Element[]): boolean {
  return members.some(
    (it) =>
      textOf(it.attributes, "external_ids.iface-id") !== undefined ||
      (isNode(it) && it.kind === "tap" && /^tap[0-9a-f]{8}-[0-9a-f]{2}$/.test(it.name)),
  );
}
