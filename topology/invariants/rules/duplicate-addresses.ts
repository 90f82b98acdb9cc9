import type { Element, Node } from "../../../core/element.ts";
import { segmentsOf } from "../../../core/element-id.ts";
import { PORT_PREFIX_LENGTH, portPrefixOf } from "../../model/comparison/identity.ts";
import { type Invariant, named, type Reads, type Subject, type Verdict } from "../invariant.ts";
import { joinInvariant } from "../join-invariant.ts";
import { isNode, MAX_LISTED, numberOf, textOf, textsOf, withoutPrefixLength } from "./attribute-values.ts";

const INTERFACE = named(
  "@name",
  "network_id",
  "vni",
  "addresses",
  "mac",
  "anycast",
  "external_ids.iface-id",
  "external_ids.attached-mac",
);
const READS: Reads = {
  port: named("network_id", "fixed_ips", "mac", "device_owner", "allowed_address_pairs"),
  tap: INTERFACE,
  veth: INTERFACE,
  interface: INTERFACE,
  vlan: INTERFACE,
  macvtap: INTERFACE,
  vf: INTERFACE,
  "ovs-port": INTERFACE,
};

/** Ports of one router that are in many places on purpose: DVR, and high availability by VRRP. */
const IN_MANY_PLACES: ReadonlySet<string> = new Set([
  "network:router_interface_distributed",
  "network:router_centralized_snat",
  "network:ha_router_replicated_interface",
  "network:router_ha_interface",
  "network:distributed",
  "network:floatingip_agent_gateway",
]);

/** VRRP's virtual routers (RFC 5798) and Neutron's DVR hosts (`dvr_base_mac`). */
const SHARED_MAC = /^(00:00:5e:00:0[12]|fa:16:3f):/;

/**
 * Within one network an address belongs to one MAC. Neutron's ports and interfaces that say which network they are in
 * (`network_id` or `vni`, or by the DHCP namespace they are in) count; what a port may use besides its own
 * (`allowed_address_pairs`), DVR, VRRP and anycast gateways do not.
 */
export const duplicateIp: Invariant = joinInvariant({
  name: "duplicate_ip",
  level: "critical",
  settleMs: 120_000,
  readsVolatile: false,
  reads: READS,
  keysOf: (element) => keysIn(element, [...ipsOf(element), ...allowedOf(element).map(({ ip }) => ip)]),
  wrongWith: (members, key): Verdict | undefined => {
    const ip = key.slice(key.lastIndexOf("|") + 1);
    const mayUse = new Set(
      members.flatMap((it) => allowedOf(it).flatMap((pair) => (pair.ip === ip ? [pair.mac ?? macOf(it)] : []))),
    );
    const isSole = (it: Element) => !mayUse.has(macOf(it)) && !SHARED_MAC.test(macOf(it) ?? "");
    const claimants = members.filter((it) => ipsOf(it).includes(ip) && isSole(it));
    const macs = new Set(claimants.flatMap((it) => macOf(it) ?? []));
    return macs.size < 2 ? undefined : verdictOf(claimants, { ip, macs: [...macs].toSorted() });
  },
});

/** Within one network a MAC belongs to one port. */
export const duplicateMac: Invariant = joinInvariant({
  name: "duplicate_mac",
  level: "critical",
  settleMs: 120_000,
  readsVolatile: false,
  reads: READS,
  keysOf: (element) => {
    const mac = macOf(element);
    return mac === undefined || SHARED_MAC.test(mac) ? [] : keysIn(element, [mac]);
  },
  wrongWith: (members, key): Verdict | undefined => {
    const ports = new Set(members.map(portOf));
    return ports.size < 2 ? undefined : verdictOf(members, { mac: key.slice(key.lastIndexOf("|") + 1) });
  },
});

function verdictOf(claimants: readonly Element[], detail: Element["attributes"]): Verdict {
  return {
    elements: claimants.slice(0, MAX_LISTED).map(({ id }) => id),
    detail: { ...detail, claimants: claimants.length },
  };
}

function keysIn(element: Element, addresses: readonly string[]): readonly Subject[] {
  if (addresses.length === 0 || !isNode(element) || isInManyPlaces(element)) return [];
  const network = networkOf(element);
  if (network === undefined) return [];
  return [...new Set(addresses)].map((address) => `${network}|${address}`);
}

/** A Neutron network by its id, an EVPN by its VNI. */
function networkOf({ id, parent, attributes }: Node): string | undefined {
  const network = textOf(attributes, "network_id");
  if (network !== undefined) return network;
  const vni = numberOf(attributes, "vni");
  if (vni !== undefined) return `vni:${vni}`;
  const [, , , netns] = parent === undefined || !id.startsWith("host/") ? [] : segmentsOf(parent);
  return netns?.startsWith("qdhcp-") ? netns.slice("qdhcp-".length) : undefined;
}

function isInManyPlaces({ attributes }: Node): boolean {
  if (attributes.anycast === true) return true;
  return IN_MANY_PLACES.has(textOf(attributes, "device_owner") ?? "");
}

function ipsOf(element: Element): readonly string[] {
  if (element.kind === "port") return textsOf(element.attributes, "fixed_ips");
  return textsOf(element.attributes, "addresses")
    .map(withoutPrefixLength)
    .filter((ip) => !isLinkLocal(ip));
}

/** `fe80::/10` and `169.254.0.0/16`, the metadata address among them, are everywhere. */
function isLinkLocal(ip: string): boolean {
  return ip.startsWith("169.254.") || /^fe[89ab][0-9a-f]:/i.test(ip);
}

/** `10.0.0.5` or, with another MAC than the port's, `10.0.0.5|00:00:5e:00:01:01`. */
function allowedOf(element: Element): readonly { readonly ip: string; readonly mac: string | undefined }[] {
  if (element.kind !== "port") return [];
  return textsOf(element.attributes, "allowed_address_pairs").map((pair) => {
    const [ip = "", mac] = pair.split("|");
    return { ip: withoutPrefixLength(ip), mac: mac?.toLowerCase() };
  });
}

/** The guest's: the host's end of a tap has its own. */
function macOf({ attributes }: Element): string | undefined {
  return (textOf(attributes, "external_ids.attached-mac") ?? textOf(attributes, "mac"))?.toLowerCase();
}

/**
 * The Neutron port an element is or belongs to, so that a port and its interface are not two. Devices in the namespaces
 * of Neutron's services say it by their name alone.
 */
function portOf(element: Element): string {
  const { id, kind } = element;
  if (kind === "port") return (segmentsOf(id).at(-1) ?? id).slice(0, PORT_PREFIX_LENGTH);
  return (isNode(element) ? portPrefixOf(element) : undefined) ?? id;
}
