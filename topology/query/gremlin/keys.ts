import { type Element, isLink, type Node } from "../../../core/element.ts";
import { ownerHostOf, parseElementId } from "../../../core/element-id.ts";
import type { Lookup } from "../graph-source.ts";
import { addressKey, attributeKey, type Key, NOTHING } from "./attribute-key.ts";
import { isKind, kindsOfRelation, kindsOfType, normalType, relationOf, typesOf } from "./kinds.ts";
import type { Item } from "./predicate.ts";
import { featureKey, TABLE_KEYS } from "./table-keys.ts";

/** The key a name means; a name nobody mapped is that of an attribute. */
export function keyOf(name: string): Key {
  const attribute = name.startsWith("attributes.") ? name.slice("attributes.".length) : name;
  return (
    KEYS.get(name) ??
    featureKey(name) ??
    attributeKey(SKYDIVE_ATTRIBUTES.get(attribute) ?? withPrefix(attribute) ?? [attribute])
  );
}

/** Skydive's names of what we have under other names, the first that an element has. */
const SKYDIVE_ATTRIBUTES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    MTU: ["mtu"],
    IfIndex: ["ifindex"],
    Speed: ["speed_mbps"],
    Duplex: ["duplex"],
    Vlan: ["vlan_id", "tag"],
    Vlans: ["tag"],
    Trunks: ["trunks"],
    OfPort: ["ofport"],
    UUID: ["uuid", "ovs_uuid"],
    LocalIP: ["local_ip", "vxlan_local", "gre_local", "options.local_ip"],
    RemoteIP: ["vxlan_remote", "geneve_remote", "gre_remote", "options.remote_ip", "peers"],
    BondMode: ["bond_mode"],
    BusInfo: ["bus_address"],
    KernelVersion: ["kernel"],
    OS: ["os"],
    "Neutron.PortID": ["external_ids.iface-id"],
    "Neutron.NetworkID": ["network_id", "net_uuid"],
    "Neutron.TenantID": ["project_id"],
    "Neutron.VNI": ["vni", "segmentation_id"],
    "Ovs.Error": ["error"],
    "Ovs.Version": ["ovs_version"],
  }),
);

/** `ExtID.iface-id` is `external_ids.iface-id`. */
function withPrefix(name: string): readonly string[] | undefined {
  if (name.startsWith("ExtID.")) return [`external_ids.${name.slice("ExtID.".length)}`];
  if (name.startsWith("Ovs.OtherConfig.")) return [`other_config.${name.slice("Ovs.OtherConfig.".length)}`];
  if (name.startsWith("Ovs.Options.")) return [`options.${name.slice("Ovs.Options.".length)}`];
  return undefined;
}

const idKey: Key = { read: (element) => element.id, lookup: idLookup };
const nameKey: Key = {
  read: (element) => (isLink(element) ? undefined : element.name),
  lookup: (name) => (typeof name === "string" ? [{ by: "identifier", token: name.toLowerCase() }] : NOTHING),
};
const hostKey: Key = { read: hostOf, lookup: (host) => (typeof host === "string" ? [{ by: "host", host }] : NOTHING) };
const kindKey: Key = {
  read: (element) => element.kind,
  lookup: (kind) => (typeof kind === "string" && isKind(kind) ? kindLookup([kind]) : NOTHING),
};
const typeKey: Key = {
  read: (element) => typesOf(element),
  forms: (type, element) => [type, element.kind],
  normal: (type) => (typeof type === "string" ? normalType(type) : type),
  isForEach: true,
  // A device type nobody has a kind for: as `interface`, or as the type of a port.
  lookup: (type) => (typeof type === "string" ? kindLookup(kindsOfType(type)) : NOTHING),
};
const relationKey: Key = {
  read: (element) => (isLink(element) ? relationOf(element.kind) : undefined),
  forms: (relation, element) => [relation, element.kind],
  lookup: (relation) => (typeof relation === "string" ? kindLookup(kindsOfRelation(relation)) : NOTHING),
};
const macKey: Key = {
  ...attributeKey(["mac", "mac_in_use"]),
  forms: (mac) => [typeof mac === "string" ? mac.toLowerCase() : mac],
  normal: (mac) => (typeof mac === "string" ? mac.toLowerCase() : mac),
};
const stateKey: Key = {
  read: ({ attributes }) => {
    const state = attributes.operstate ?? attributes.link_state ?? attributes.state ?? attributes.status;
    return typeof state === "string" ? state.toUpperCase() : state;
  },
  normal: (state) => (typeof state === "string" ? state.toUpperCase() : state),
};
/** The kernel names no driver of what Open vSwitch itself provides; Skydive does. */
const driverKey: Key = {
  read: (element) =>
    element.attributes.driver ??
    (typesOf(element).some((type) => type !== "ovsport" && OVS_TYPES.has(type)) ? "openvswitch" : undefined),
};
const OVS_TYPES: ReadonlySet<string> = new Set(["openvswitch", "internal", "patch", "vxlan", "gre", "geneve"]);

const KEYS: ReadonlyMap<string, Key> = new Map([
  ...["id", "ID", "@ID", "TID"].map((name) => [name, idKey] as const),
  ...["name", "Name"].map((name) => [name, nameKey] as const),
  ...["host", "Host", "@Host"].map((name) => [name, hostKey] as const),
  ["kind", kindKey],
  ["Type", typeKey],
  ["RelationType", relationKey],
  ["MAC", macKey],
  ["State", stateKey],
  ["Driver", driverKey],
  ["IPV4", addressKey(4)],
  ["IPV6", addressKey(6)],
  ...TABLE_KEYS,
  ["cluster", { read: (element) => (isLink(element) ? undefined : element.cluster) }],
  ["parent", { read: (element) => (isLink(element) ? undefined : element.parent) }],
  ["from", { read: (element) => (isLink(element) ? element.from : undefined) }],
  ["to", { read: (element) => (isLink(element) ? element.to : undefined) }],
] satisfies readonly (readonly [string, Key])[]);

/** What stands in `parent` is an `owns` edge too, and in no index. */
function kindLookup(kinds: readonly Element["kind"][]): readonly Lookup[] | undefined {
  return kinds.includes("owns") ? undefined : [{ by: "kind", kinds }];
}

function idLookup(expected: Item): readonly Lookup[] {
  const id = typeof expected === "string" ? parseElementId(expected) : undefined;
  return id === undefined ? NOTHING : [{ by: "id", id }];
}

/** The host an element is on: a link's is that of the agent that tells of it. */
function hostOf(element: Element): string | undefined {
  return isLink(element) ? ownerHostOf(element.id) : element.host;
}

/** What `Keys` and `ValueMap` say an element has: its own fields and its attributes. */
export function keysIn(element: Element): readonly string[] {
  const own: readonly (keyof Node | "from" | "to")[] = isLink(element)
    ? ["id", "kind", "from", "to"]
    : [
        "id",
        "kind",
        "name",
        "cluster",
        ...(element.host === undefined ? [] : ["host" as const]),
        ...(element.parent === undefined ? [] : ["parent" as const]),
      ];
  return [...own, ...Object.keys(element.attributes)];
}
