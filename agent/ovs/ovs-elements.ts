import { type Attributes, type Element, type Link, linkOf, type Node } from "../../core/element.ts";
import { type ElementId, hostId, interfaceId, ovsBridgeId, ovsPortId } from "../../core/element-id.ts";
import { attributesOf } from "../topology/attributes.ts";
import type { IpInterface } from "../topology/ip-json.ts";
import type { NamespaceReading } from "../topology/namespace.ts";
import type { OvsBridge, OvsDatabase, OvsInterface, OvsPort } from "./ovs-rows.ts";

/** Where the devices behind the ports are looked for. */
export interface DeviceLookup {
  readonly readings: readonly NamespaceReading[];
  /** The network namespace that ovs-vswitchd lives in; undefined when that is not known. */
  readonly vswitchdInode: number | undefined;
}

/** What the host's own node gets to know from Open vSwitch. */
export function ovsHostAttributes(database: OvsDatabase): Attributes {
  return attributesOf({ ovs_version: database.version, ...prefixed("ovs_external_ids", database.externalIds) });
}

/** Bridges, ports, patch cords, and the kernel devices behind the ports. */
export function ovsElements(host: string, database: OvsDatabase, devices: DeviceLookup): readonly Element[] {
  const findDevice = deviceFinder(host, devices);
  const elements: Element[] = [];
  for (const bridge of database.bridges) {
    const bridgeNodeId = ovsBridgeId(host, bridge.name);
    elements.push(bridgeNode(host, bridge));
    for (const port of bridge.ports) {
      const node = portNode(host, bridge, port);
      elements.push(node, linkOf("layer2", node.id, bridgeNodeId));
      for (const it of port.interfaces) {
        const device = findDevice(it);
        if (device !== undefined) elements.push(linkOf("layer2", node.id, device));
      }
    }
  }
  elements.push(...patchLinks(host, database));
  return elements;
}

function bridgeNode(host: string, bridge: OvsBridge): Node {
  const { controllers } = bridge;
  return {
    id: ovsBridgeId(host, bridge.name),
    kind: "ovs-bridge",
    name: bridge.name,
    cluster: "",
    host,
    parent: hostId(host),
    attributes: attributesOf({
      datapath_type: bridge.datapathType,
      datapath_id: bridge.datapathId,
      fail_mode: bridge.failMode,
      controllers: controllers.map(({ target }) => target).toSorted(),
      controller_connected: controllers.length === 0 ? undefined : controllers.some((c) => c.isConnected),
      ovs_uuid: bridge.uuid,
      ...prefixed("external_ids", bridge.externalIds),
      ...prefixed("other_config", bridge.otherConfig),
    }),
  };
}

/** A port with one interface speaks for it; of a bond's interfaces only what concerns them together is kept. */
function portNode(host: string, bridge: OvsBridge, port: OvsPort): Node {
  const [only] = port.interfaces;
  const isBond = port.interfaces.length > 1;
  return {
    id: ovsPortId(host, bridge.name, port.name),
    kind: "ovs-port",
    name: port.name,
    cluster: "",
    host,
    parent: ovsBridgeId(host, bridge.name),
    attributes: attributesOf({
      type: isBond ? "bond" : only?.type,
      tag: port.tag,
      trunks: port.trunks,
      vlan_mode: port.vlanMode,
      bond_mode: port.bondMode,
      lacp: port.lacp,
      bond_active_member: port.bondActiveMember,
      members: isBond ? port.interfaces.map(({ name }) => name).toSorted() : undefined,
      error: port.interfaces.find(({ error }) => error !== undefined)?.error,
      link_state: anyUp(port.interfaces.map(({ linkState }) => linkState)),
      admin_state: anyUp(port.interfaces.map(({ adminState }) => adminState)),
      lacp_current:
        isBond && port.interfaces.some(({ lacpCurrent }) => lacpCurrent !== undefined)
          ? port.interfaces.every(({ lacpCurrent }) => lacpCurrent === true)
          : undefined,
      ovs_uuid: port.uuid,
      ...prefixed("other_config", port.otherConfig),
      ...(isBond || only === undefined ? {} : interfaceAttributes(only)),
    }),
  };
}

function interfaceAttributes(it: OvsInterface): Attributes {
  return attributesOf({
    ofport: it.ofport,
    mac_in_use: it.macInUse,
    mtu: it.mtu,
    ifindex: it.ifindex,
    ...prefixed("external_ids", it.externalIds),
    ...prefixed("options", it.options),
  });
}

/** One link for each pair of patch ports that name each other; half a pair is left without. */
function patchLinks(host: string, { bridges }: OvsDatabase): readonly Link[] {
  const ends = new Map<string, { readonly id: ElementId; readonly peer: string | undefined }>();
  for (const bridge of bridges) {
    for (const port of bridge.ports) {
      for (const it of port.interfaces) {
        if (it.type === "patch")
          ends.set(it.name, { id: ovsPortId(host, bridge.name, port.name), peer: it.options.peer });
      }
    }
  }
  const links: Link[] = [];
  for (const [name, { id, peer }] of ends) {
    const other = peer === undefined ? undefined : ends.get(peer);
    if (other?.peer === name && id < other.id) links.push(linkOf("patch", id, other.id));
  }
  return links;
}

/** Types whose device in the kernel has the interface's own name. */
const TYPES_WITH_DEVICE: ReadonlySet<string> = new Set(["system", "internal", "tap", "afxdp", "afxdp-nonpmd"]);

/**
 * A device has the interface's name and is in the namespace of ovs-vswitchd. An internal port may have been moved into
 * another namespace since (Neutron does that with router and DHCP ports): there its name and its MAC address, as the
 * switch or Neutron gives it, must fit in one namespace only. A switch in user space loses sight of a device that was
 * moved, and gives no address: then its name and its kind must.
 */
function deviceFinder(
  host: string,
  { readings, vswitchdInode }: DeviceLookup,
): (it: OvsInterface) => ElementId | undefined {
  const places = new Map<string, { readonly reading: NamespaceReading; readonly device: IpInterface }[]>();
  for (const reading of readings) {
    for (const device of reading.interfaces) {
      const known = places.get(device.name);
      if (known === undefined) places.set(device.name, [{ reading, device }]);
      else known.push({ reading, device });
    }
  }
  return (it) => {
    if (!TYPES_WITH_DEVICE.has(it.type)) return undefined;
    const candidates = places.get(it.name) ?? [];
    const beside = candidates.find(({ reading }) => reading.namespace.inode === vswitchdInode);
    const moved = it.type === "internal" ? candidates.filter(({ device }) => mayBe(it, device)) : [];
    const place = beside ?? (moved.length === 1 ? moved[0] : undefined);
    return place === undefined ? undefined : interfaceId(host, place.reading.namespace.name, it.name);
  };
}

/** Whether a device of this name, in another namespace, may be the one behind an internal port. */
function mayBe(it: OvsInterface, { mac, infoKind, info }: IpInterface): boolean {
  const macs = [it.macInUse, it.externalIds["attached-mac"]].filter((known) => known !== undefined);
  if (macs.length > 0) return mac !== undefined && macs.includes(mac);
  // What the switch makes for an internal port: a device of its own in the kernel, a tap in user space.
  return infoKind === "openvswitch" || (infoKind === "tun" && info.type === "tap");
}

/** `up` when one is, `down` when all are; undefined when the switch says nothing. */
function anyUp(states: readonly (string | undefined)[]): string | undefined {
  return states.includes("up") ? "up" : states.find((state) => state !== undefined);
}

function prefixed(prefix: string, texts: { readonly [key: string]: string }): Attributes {
  return Object.fromEntries(Object.entries(texts).map(([key, value]) => [`${prefix}.${key}`, value]));
}
