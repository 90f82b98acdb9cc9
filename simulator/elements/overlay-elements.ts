import { type Element, linkOf, type Node } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId, ovsBridgeId } from "../../core/element-id.ts";
import { segmentationId, TENANT_MTU, underlayAddress } from "../cloud/addresses.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { hostAt, meshOf, networkUuid, routeReflectors } from "../cloud/identity.ts";
import { nodeOf } from "./builders.ts";

const AUTONOMOUS_SYSTEM = 65_000;

export function tunnelId(host: Host): ElementId {
  return elementIdOf("host", host.name, "tunnel", "vxlan");
}

export function speakerId(host: Host): ElementId {
  return elementIdOf("host", host.name, "bgp", String(AUTONOMOUS_SYSTEM));
}

/** The host's end of all tunnels, its part in the exchange of routes, and the VNIs it is a VTEP of. */
export function overlayElements(cloud: Cloud, host: Host): readonly Element[] {
  const tunnel = tunnelId(host);
  const speaker = speakerId(host);
  const reflectors = routeReflectors(cloud, host).filter((index) => index !== host.index);
  return [
    nodeOf({
      id: tunnel,
      kind: "vxlan",
      name: "vxlan",
      host: host.name,
      // Beside the interface that has its address.
      parent: hostId(host.name),
      attributes: {
        mtu: TENANT_MTU,
        local_ip: underlayAddress(host.index),
        vxlan_port: 4789,
        peers: peersOf(cloud, host),
      },
    }),
    linkOf("layer2", tunnel, ovsBridgeId(host.name, "br-tun")),
    speakerNode(host, speaker),
    ...reflectors.map((index) => {
      const reflector = hostAt(cloud, index);
      const session = reflector.condition.lostSessions.includes(host.index) ? "down" : "established";
      return linkOf("bgp-session", speaker, speakerId(reflector), { session, afi: "l2vpn-evpn" });
    }),
    ...networksOn(cloud, host).map((network) => vniNode(cloud, host, network)),
  ];
}

function speakerNode(host: Host, id: ElementId): Node {
  return nodeOf({
    id,
    kind: "bgp-speaker",
    name: `AS${AUTONOMOUS_SYSTEM}`,
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      asn: AUTONOMOUS_SYSTEM,
      router_id: underlayAddress(host.index),
      is_route_reflector: host.role === "network",
      peers_down: host.condition.lostSessions.map(underlayAddress).sort(),
    },
  });
}

/** The VNI of a network as far as it is here: with at least one machine. */
export function vniElements(cloud: Cloud, host: Host, network: number): readonly Element[] {
  return networksOn(cloud, host).includes(network) ? [vniNode(cloud, host, network)] : [];
}

function vniNode(cloud: Cloud, host: Host, network: number): Node {
  const vni = segmentationId(network);
  return nodeOf({
    id: elementIdOf("host", host.name, "vni", String(vni)),
    kind: "vni",
    name: String(vni),
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      vni,
      vni_type: "L2",
      local_ip: underlayAddress(host.index),
      mtu: TENANT_MTU,
      net_uuid: networkUuid(cloud, network),
      route_targets: [`${AUTONOMOUS_SYSTEM}:${vni}`],
    },
  });
}

/** Networks with a machine here. */
export function networksOn(cloud: Cloud, host: Host): readonly number[] {
  const networks = new Set<number>();
  for (const index of host.vms) {
    const vm = cloud.vms.get(index);
    if (vm !== undefined) networks.add(vm.network);
  }
  return [...networks].sort((a, b) => a - b);
}

/** Addresses of a whole mesh, sorted as text; made once for each. */
const meshAddresses = new WeakMap<object, readonly string[]>();

function peersOf(cloud: Cloud, host: Host): readonly string[] {
  const mesh = meshOf(cloud, host);
  let all = meshAddresses.get(mesh);
  if (all === undefined) {
    const { first, end } = mesh.hosts;
    all = Array.from({ length: end - first }, (_, n) => underlayAddress(first + n)).sort();
    meshAddresses.set(mesh, all);
  }
  const unknown = new Set([host.index, ...host.condition.unknownPeers].map(underlayAddress));
  return all.filter((address) => !unknown.has(address));
}
