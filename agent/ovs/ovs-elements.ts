import { type Attributes, type Element, type Link, linkOf, type Node } from "../../core/element.ts";
import { type ElementId, hostId, ovsBridgeId, ovsPortId } from "../../core/element-id.ts";
import { isSecretName, redactSecrets } from "../../core/redact-secrets.ts";
import type { Contribution } from "../probe.ts";
import { attributesOf } from "../topology/attributes.ts";
import { type DeviceLookup, deviceFinder } from "./ovs-devices.ts";
import type { OvsBridge, OvsDatabase, OvsInterface, OvsPort } from "./ovs-rows.ts";
import { tunnelElements } from "./tunnel-ends.ts";

/** What the database says of this host's topology. */
export interface OvsContribution extends Contribution {
  readonly attributes: ReadonlyMap<ElementId, Attributes>;
  /** UUIDs of the interfaces whose device has counters of its own, in `net_if`. */
  readonly counted: ReadonlySet<string>;
}

/**
 * Bridges, ports, patch cords, ends of tunnels, and the kernel devices behind the ports; to the host what is said of the
 * whole switch, and to a device what Neutron says of its port.
 */
export function ovsContribution(host: string, database: OvsDatabase, devices: DeviceLookup): OvsContribution {
  const findDevice = deviceFinder(host, devices);
  const elements: Element[] = [];
  const attributes = new Map<ElementId, Attributes>([[hostId(host), hostAttributes(database)]]);
  const counted = new Set<string>();
  for (const bridge of database.bridges) {
    const bridgeNodeId = ovsBridgeId(host, bridge.name);
    elements.push(bridgeNode(host, bridge));
    for (const port of bridge.ports) {
      const node = portNode(host, bridge, port);
      elements.push(node, linkOf("layer2", node.id, bridgeNodeId));
      for (const it of port.interfaces) {
        const device = findDevice(it);
        if (device === undefined) continue;
        elements.push(linkOf("layer2", node.id, device.id));
        const named = ownerAttributes(it);
        if (Object.keys(named).length > 0) attributes.set(device.id, named);
        if (device.isCounted) counted.add(it.uuid);
      }
    }
  }
  elements.push(...patchLinks(host, database), ...tunnelElements(host, database));
  return { elements, attributes, counted };
}

/** Whether flows are handed to the network card: their packets are then missing from what the datapath counts. */
export function hasHardwareOffload({ otherConfig }: OvsDatabase): boolean {
  return otherConfig["hw-offload"] === "true";
}

function hostAttributes(database: OvsDatabase): Attributes {
  return attributesOf({
    ovs_version: database.version,
    ovs_hw_offload: hasHardwareOffload(database) ? true : undefined,
    ...prefixed("ovs_external_ids", database.externalIds),
  });
}

/** Whose port it is, as whoever plugged it wrote down. */
function ownerAttributes({ externalIds }: OvsInterface): Attributes {
  const names = ["attached-mac", "iface-id", "vm-uuid"];
  return attributesOf(Object.fromEntries(names.map((name) => [`external_ids.${name}`, externalIds[name]])));
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
      error: port.interfaces.find(({ error }) => error !== undefined)?.error,
      link_state: anyUp(port.interfaces.map(({ linkState }) => linkState)),
      admin_state: anyUp(port.interfaces.map(({ adminState }) => adminState)),
      ...(isBond ? bondAttributes(port) : {}),
      ovs_uuid: port.uuid,
      ...prefixed("other_config", port.otherConfig),
      ...(isBond || only === undefined ? {} : interfaceAttributes(only)),
    }),
  };
}

/** The members, whether every member's partner answers, which members carry nothing, and whose partner does not answer. */
function bondAttributes({ interfaces }: OvsPort): Attributes {
  const namesOf = (members: readonly OvsInterface[]) => members.map(({ name }) => name).toSorted();
  const hasLacp = interfaces.some(({ lacpCurrent }) => lacpCurrent !== undefined);
  return attributesOf({
    members: namesOf(interfaces),
    lacp_current: hasLacp ? interfaces.every(({ lacpCurrent }) => lacpCurrent === true) : undefined,
    members_down: namesOf(interfaces.filter(({ linkState }) => linkState === "down")),
    members_lacp_expired: namesOf(interfaces.filter(({ lacpCurrent }) => lacpCurrent === false)),
  });
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

/** `up` when one is, `down` when all are; undefined when the switch says nothing. */
function anyUp(states: readonly (string | undefined)[]): string | undefined {
  return states.includes("up") ? "up" : states.find((state) => state !== undefined);
}

/** The key of an IPsec tunnel (`options:psk`) and whatever else is called a secret stays on the host. */
function prefixed(prefix: string, texts: { readonly [key: string]: string }): Attributes {
  const told = Object.entries(texts).filter(([key]) => !isSecretName(key));
  return Object.fromEntries(
    told.map(([key, value]) => [`${prefix}.${key}`, value.includes("://") ? redactSecrets(value) : value]),
  );
}
