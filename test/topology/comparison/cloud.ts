import { type Attributes, type Element, linkOf, type Node, type NodeKind } from "../../../core/element.ts";
import {
  agentId,
  type ElementId,
  elementIdOf,
  hostId,
  interfaceId,
  netnsId,
  ovsBridgeId,
  ovsPortId,
} from "../../../core/element-id.ts";
import { type Change, diff } from "../../../topology/model/change.ts";
import { type CompareOptions, compare } from "../../../topology/model/comparison/compare.ts";
import type { Cause, Comparison, Group, Row } from "../../../topology/model/comparison/comparison.ts";
import { topologyOf } from "../../../topology/model/topology.ts";

// A small cloud as agents and OpenStack tell it.

export const CLUSTER = "main";

export const rackId = (rack: string): ElementId => elementIdOf("region", "r", "zone", "z", "rack", rack);

/** uuid number 7 of vms, ports, …: `a0000007-…`. */
export const uuidOf = (letter: string, index: number): string =>
  `${letter}${String(index).padStart(7, "0")}-0000-4000-8000-000000000000`;

interface NodeFields {
  readonly id: ElementId;
  readonly kind: NodeKind;
  readonly name: string;
  readonly host?: string;
  readonly parent?: ElementId;
  readonly attributes?: Attributes;
}

export const node = (fields: NodeFields): Node => ({ cluster: CLUSTER, attributes: {}, ...fields });

export const rackNode = (rack: string): Node => node({ id: rackId(rack), kind: "rack", name: rack });

/** A host in its rack with agent, one NIC and br-int: 5 elements. */
export function host(name: string, rack = "k1"): readonly Element[] {
  const [id, bridge, nic] = [hostId(name), ovsBridgeId(name, "br-int"), interfaceId(name, undefined, "eth0")];
  return [
    node({ id, kind: "host", name, host: name, parent: rackId(rack), attributes: { kernel: "6.1" } }),
    node({ id: agentId(name), kind: "agent", name, host: name, parent: id, attributes: { session: "connected" } }),
    node({ id: bridge, kind: "ovs-bridge", name: "br-int", host: name, parent: id }),
    node({ id: nic, kind: "nic", name: "eth0", host: name, parent: id, attributes: { mtu: 1500, mac: `m-${name}` } }),
    linkOf("layer2", bridge, nic),
  ];
}

/** A VM as its host's agent sees it: domain, tap, OVS port and three links; `agentOnly` leaves OpenStack's part out. */
export function vm(index: number, hostName: string): readonly Element[] {
  return [...vmOnHost(index, hostName), ...vmInOpenStack(index, hostName)];
}

export function vmOnHost(index: number, hostName: string): readonly Element[] {
  const [uuid, port] = [uuidOf("a", index), uuidOf("b", index)];
  const device = `tap${port.slice(0, 11)}`;
  const [tap, ovsPort] = [interfaceId(hostName, undefined, device), ovsPortId(hostName, "br-int", device)];
  const domain = elementIdOf("host", hostName, "domain", uuid);
  const external = { "external_ids.iface-id": port, "external_ids.vm-uuid": uuid };
  const [parent, bridge] = [hostId(hostName), ovsBridgeId(hostName, "br-int")];
  return [
    node({ id: domain, kind: "domain", name: `instance-${index}`, host: hostName, parent, attributes: { uuid } }),
    node({ id: tap, kind: "tap", name: device, host: hostName, parent, attributes: { mtu: 1450 } }),
    node({ id: ovsPort, kind: "ovs-port", name: device, host: hostName, parent: bridge, attributes: external }),
    linkOf("attached", tap, domain),
    linkOf("layer2", ovsPort, tap),
    linkOf("implements", ovsPort, elementIdOf("neutron", "port", port)),
  ];
}

export function vmInOpenStack(index: number, hostName: string, attributes: Attributes = {}): readonly Element[] {
  const [uuid, port] = [uuidOf("a", index), uuidOf("b", index)];
  const bound = { device_id: uuid, binding_host: hostName };
  return [
    node({ id: elementIdOf("vm", uuid), kind: "vm", name: `web-${index}`, host: hostName, attributes }),
    node({ id: elementIdOf("neutron", "port", port), kind: "port", name: `port-${index}`, attributes: bound }),
  ];
}

/** A router's namespace with a loopback and its port on br-int. */
export function routerNamespace(index: number, hostName: string): readonly Element[] {
  const name = `qrouter-${uuidOf("c", index)}`;
  const device = `qr-${uuidOf("d", index).slice(0, 11)}`;
  const netns = netnsId(hostName, name);
  const [inside, lo] = [interfaceId(hostName, name, device), interfaceId(hostName, name, "lo")];
  const ovsPort = ovsPortId(hostName, "br-int", device);
  const bridge = ovsBridgeId(hostName, "br-int");
  return [
    node({ id: netns, kind: "netns", name, host: hostName, parent: hostId(hostName) }),
    node({ id: inside, kind: "interface", name: device, host: hostName, parent: netns }),
    node({ id: lo, kind: "loopback", name: "lo", host: hostName, parent: netns }),
    node({ id: ovsPort, kind: "ovs-port", name: device, host: hostName, parent: bridge }),
    linkOf("layer2", ovsPort, inside),
  ];
}

export function withAttributes(elements: readonly Element[], id: string, attributes: Attributes): readonly Element[] {
  if (!elements.some((element) => element.id === id)) throw new Error(`there is no ${id}`);
  return elements.map((element) =>
    element.id === id ? { ...element, attributes: { ...element.attributes, ...attributes } } : element,
  );
}

export const changesOf = (before: readonly Element[], after: readonly Element[]): readonly Change[] =>
  diff(topologyOf(before), topologyOf(after));

export const compared = (before: readonly Element[], after: readonly Element[], options?: CompareOptions): Comparison =>
  compare(changesOf(before, after), options);

export const rowsOf = ({ added, removed, updated, moved, unknown }: Comparison): readonly Row[] => [
  ...added,
  ...removed,
  ...updated,
  ...moved,
  ...unknown,
];

/** Causes with how many members each has. */
export const causes = ({ groups }: Comparison): readonly (readonly [Cause["kind"], number])[] =>
  groups.map(({ cause, members }) => [cause.kind, members.length]);

export function onlyGroup({ groups }: Comparison): Group {
  const [group, other] = groups;
  if (group === undefined || other !== undefined) throw new Error(`there are ${groups.length} groups`);
  return group;
}
