import { type AttributeValue, type Element, linkOf, type Node } from "../../core/element.ts";
import { type ElementId, hostId, interfaceId, ovsBridgeId, ovsPortId } from "../../core/element-id.ts";
import { nicMac, TENANT_MTU, UNDERLAY_MTU } from "../cloud/addresses.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { hash32, uuidOf } from "../random.ts";
import { nodeOf } from "./builders.ts";
import { handedOut } from "./underlay-elements.ts";

const BRIDGES = ["br-int", "br-tun", "br-ex"] as const;
type BridgeName = (typeof BRIDGES)[number];

/** Pairs of patch ports: bridge and port of each end. */
const PATCHES: readonly (readonly [BridgeName, string, BridgeName, string])[] = [
  ["br-int", "patch-tun", "br-tun", "patch-int"],
  ["br-int", "int-br-ex", "br-ex", "phy-br-ex"],
];

/** Open vSwitch as Neutron sets it up: three bridges, their own devices, patch cords, and the bond on br-ex. */
export function bridgeElements(cloud: Cloud, host: Host): readonly Element[] {
  const uplink = portNode(host, {
    bridge: "br-ex",
    name: "bond0",
    type: "system",
    mtu: host.condition.mtu ?? UNDERLAY_MTU,
  });
  return [
    ...BRIDGES.flatMap((bridge) => bridgeWithDevice(cloud, host, bridge)),
    ...PATCHES.flatMap(([bridge, name, peerBridge, peer]) => {
      const here = portNode(host, { bridge, name, type: "patch", "options.peer": peer });
      const there = portNode(host, { bridge: peerBridge, name: peer, type: "patch", "options.peer": name });
      const [first, second] = here.id < there.id ? [here.id, there.id] : [there.id, here.id];
      return [
        here,
        linkOf("layer2", here.id, ovsBridgeId(host.name, bridge)),
        there,
        linkOf("layer2", there.id, ovsBridgeId(host.name, peerBridge)),
        linkOf("patch", first, second),
      ];
    }),
    uplink,
    linkOf("layer2", uplink.id, ovsBridgeId(host.name, "br-ex")),
    linkOf("layer2", uplink.id, interfaceId(host.name, undefined, "bond0")),
  ];
}

export interface PortParts {
  readonly bridge: string;
  readonly name: string;
  readonly type: string;
  readonly [attribute: string]: AttributeValue | undefined;
}

/** A port of Open vSwitch. What is not said of `ofport`, `link_state` and `admin_state` is that all is well. */
export function portNode(host: Host, { bridge, name, ...attributes }: PortParts): Node {
  return nodeOf({
    id: ovsPortId(host.name, bridge, name),
    kind: "ovs-port",
    name,
    host: host.name,
    parent: ovsBridgeId(host.name, bridge),
    attributes: {
      link_state: "up",
      admin_state: "up",
      ofport: handedOut(host, name.length * 31 + name.charCodeAt(name.length - 1), 60_000),
      ...attributes,
    },
  });
}

function bridgeWithDevice(cloud: Cloud, host: Host, bridge: BridgeName): readonly Element[] {
  const id = ovsBridgeId(host.name, bridge);
  const order = BRIDGES.indexOf(bridge);
  const mac = nicMac(host.index, 2 + order);
  const port = portNode(host, { bridge, name: bridge, type: "internal", mac_in_use: mac, mtu: TENANT_MTU });
  const device = interfaceId(host.name, undefined, bridge);
  return [
    bridgeNode(cloud, host, { id, bridge, order }),
    port,
    linkOf("layer2", port.id, id),
    nodeOf({
      id: device,
      kind: "interface",
      name: bridge,
      host: host.name,
      parent: hostId(host.name),
      attributes: {
        admin_up: false,
        operstate: "down",
        carrier: false,
        mtu: TENANT_MTU,
        mac,
        ifindex: 10 + order,
        device_type: "openvswitch",
      },
    }),
    linkOf("layer2", port.id, device),
  ];
}

function bridgeNode(
  cloud: Cloud,
  host: Host,
  { id, bridge, order }: { readonly id: ElementId; readonly bridge: BridgeName; readonly order: number },
): Node {
  return nodeOf({
    id,
    kind: "ovs-bridge",
    name: bridge,
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      datapath_type: "system",
      datapath_id: hash32(cloud.seed, host.index, order).toString(16).padStart(16, "0"),
      fail_mode: "secure",
      controllers: ["tcp:127.0.0.1:6633"],
      controller_connected: host.condition.controllerConnected,
      ovs_uuid: uuidOf(cloud.seed, "ovs", host.index, order + 1),
    },
  });
}
