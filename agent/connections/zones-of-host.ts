import type { Attributes, AttributeValue, Element, Node } from "../../core/element.ts";
import { isLink } from "../../core/element.ts";
import type { MachinePort, Zone, Zones } from "./zone.ts";

/** What is known besides the elements. */
export interface ZoneFacts {
  /** Of the firewall by iptables; see `zonesOfDevices`. */
  readonly zoneOfDevice: ReadonlyMap<string, number>;
  /** What addresses a port of Open vSwitch may send from, by bridge and port number; see `addressesOfFlows`. */
  readonly addresses: AddressesOfPort;
}

/** The addresses of a machine's port; undefined when nobody here knows. */
export type AddressesOfPort = (port: Node) => readonly string[] | undefined;

/** Where Neutron's agent puts a port that it could not wire: no network. */
const DEAD_VLAN = 4095;
const OVN_ZONE = "external_ids.ct-zone-";

/** Whose each conntrack zone of this host is, for all three firewall drivers of Neutron; they may be there together. */
export function zonesOfHost(elements: Iterable<Element>, facts: ZoneFacts): Zones {
  const nodes = [...elements].filter((it) => !isLink(it));
  const ports = machinePorts(nodes, facts.addresses);
  const zones = new Map<number, Zone>();
  const ownZone = new Set<string>();
  for (const { kind, attributes } of nodes) {
    if (kind !== "ovs-bridge") continue;
    for (const [name, value] of Object.entries(attributes)) {
      const number = Number(value);
      if (!name.startsWith(OVN_ZONE) || !Number.isInteger(number) || number < 1) continue;
      const port = ports.get(name.slice(OVN_ZONE.length));
      zones.set(number, port === undefined ? { kind: "other" } : { kind: "port", port: port.machine });
      if (port !== undefined) ownZone.add(port.machine.portId);
    }
  }
  for (const [number, zone] of zonesByDevice(facts.zoneOfDevice, ports, ownZone)) zones.set(number, zone);
  for (const [number, zone] of zonesByVlan(ports, ownZone)) if (!zones.has(number)) zones.set(number, zone);
  return zones;
}

interface KnownPort {
  readonly machine: MachinePort;
  readonly vlan: number | undefined;
  readonly networkId: string | undefined;
}

/** Ports of machines by Neutron's id: of the switch, or a tap that a source told the port of. */
function machinePorts(nodes: readonly Node[], addresses: AddressesOfPort): ReadonlyMap<string, KnownPort> {
  const ports = new Map<string, KnownPort>();
  const inUserSpace = new Set(
    nodes.filter(({ attributes }) => attributes.datapath_type === "netdev").map(({ id }) => id),
  );
  for (const node of nodes) {
    const { kind, attributes, parent } = node;
    const portId = textOf(attributes, "external_ids.iface-id");
    const vmId = textOf(attributes, "external_ids.vm-uuid");
    if (portId === undefined || vmId === undefined || (kind !== "ovs-port" && ports.has(portId))) continue;
    const tag = attributes.tag;
    const vlan = kind === "ovs-port" && typeof tag === "number" && tag !== DEAD_VLAN ? tag : undefined;
    const isUnseen = parent !== undefined && inUserSpace.has(parent);
    const machine = { portId, vmId, addresses: addresses(node), inUserSpace: isUnseen || undefined };
    ports.set(portId, { machine, vlan, networkId: textOf(attributes, "other_config.net_uuid") });
  }
  return ports;
}

/** A device is called after its port: three letters (tap, qvb, qvo) and the first eleven characters of the port's id. */
function zonesByDevice(
  zoneOfDevice: ReadonlyMap<string, number>,
  ports: ReadonlyMap<string, KnownPort>,
  ownZone: Set<string>,
): ReadonlyMap<number, Zone> {
  const byShortId = new Map([...ports].map(([id, port]) => [id.slice(0, 11), port]));
  const inZone = new Map<number, Map<string, KnownPort>>();
  for (const [device, number] of zoneOfDevice) {
    const port = byShortId.get(device.slice(3, 14));
    const members = inZone.get(number) ?? new Map<string, KnownPort>();
    inZone.set(number, members);
    if (port === undefined) continue;
    members.set(port.machine.portId, port);
    ownZone.add(port.machine.portId);
  }
  return new Map([...inZone].map(([number, members]) => [number, sharedZone([...members.values()])]));
}

function zonesByVlan(ports: ReadonlyMap<string, KnownPort>, ownZone: ReadonlySet<string>): ReadonlyMap<number, Zone> {
  const byVlan = new Map<number, KnownPort[]>();
  for (const [id, port] of ports) {
    if (port.vlan === undefined || ownZone.has(id)) continue;
    const members = byVlan.get(port.vlan) ?? [];
    byVlan.set(port.vlan, members);
    members.push(port);
  }
  return new Map([...byVlan].map(([vlan, members]) => [vlan, networkZone(members)]));
}

/** Some releases give a zone to each port, some to each network. */
function sharedZone(members: readonly KnownPort[]): Zone {
  const [only] = members;
  if (only === undefined) return { kind: "other" };
  return members.length === 1 ? { kind: "port", port: only.machine } : networkZone(members);
}

function networkZone(members: readonly KnownPort[]): Zone {
  const networkId = members.find((it) => it.networkId !== undefined)?.networkId;
  return { kind: "network", networkId: networkId ?? "unknown", ports: members.map(({ machine }) => machine) };
}

function textOf(attributes: Attributes, name: string): string | undefined {
  const value: AttributeValue | undefined = attributes[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
