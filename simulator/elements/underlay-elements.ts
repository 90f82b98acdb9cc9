import { type Element, linkOf, type Node } from "../../core/element.ts";
import { type ElementId, hostId, interfaceId } from "../../core/element-id.ts";
import { endpointText } from "../../core/mesh.ts";
import { nicMac, UNDERLAY_MTU, underlayAddress } from "../cloud/addresses.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { rackId, torName } from "../cloud/places.ts";
import { hash32, uuidOf } from "../random.ts";
import { nodeOf } from "./builders.ts";

/** What a software release brings; `HostCondition.release` counts them. */
const RELEASES = [
  { kernel: "6.1.0-28-amd64", ovs: "3.1.0" },
  { kernel: "6.1.0-28-amd64", ovs: "3.3.1" },
  { kernel: "6.12.9-amd64", ovs: "3.3.1" },
] as const;

/** Where agents answer one another's probes. */
const MESH_PORT = 8_643;
export const TUNNEL_VLAN = 100;
export const NICS = ["eth0", "eth1"] as const;
export const CONNTRACK_MAX = 262_144;

export function bootIdOf(cloud: Cloud, host: Host): string {
  return bootIdAfter(cloud, host, host.condition.boots);
}

/** What it is once the host has been started so many times. */
export function bootIdAfter(cloud: Cloud, host: Host, boots: number): string {
  return uuidOf(cloud.seed, "boot", host.index, boots);
}

/** The machine, its network cards, their bond, and the VLAN on it that tunnels run over. */
export function underlayElements(cloud: Cloud, host: Host): readonly Element[] {
  const bond = interfaceId(host.name, undefined, "bond0");
  const vlan = interfaceId(host.name, undefined, `bond0.${TUNNEL_VLAN}`);
  const nics = NICS.map((_, nic) => nicNode(host, nic));
  return [
    hostNode(cloud, host),
    loopbackNode(host, hostId(host.name), interfaceId(host.name, undefined, "lo")),
    ...nics,
    bondNode(host, bond),
    vlanNode(host, vlan),
    ...nics.map(({ id }) => linkOf("layer2", id, bond)),
    linkOf("vlan-of", vlan, bond),
  ];
}

function hostNode(cloud: Cloud, host: Host): Node {
  const release = RELEASES[Math.min(host.condition.release, RELEASES.length - 1)] ?? RELEASES[0];
  const isNetworkNode = host.role === "network";
  return nodeOf({
    id: hostId(host.name),
    kind: "host",
    name: host.name,
    host: host.name,
    parent: rackId(host.place),
    attributes: {
      kernel: release.kernel,
      architecture: "x64",
      os: "Debian GNU/Linux 12 (bookworm)",
      cpus: isNetworkNode ? 32 : 64,
      memory_bytes: (isNetworkNode ? 128 : 512) * 2 ** 30,
      boot_id: bootIdOf(cloud, host),
      ovs_version: release.ovs,
      role: isNetworkNode ? "network" : undefined,
      libvirt_version: isNetworkNode ? undefined : "9.0.0",
      mesh_endpoints: [endpointText({ path: "underlay", address: underlayAddress(host.index), port: MESH_PORT })],
      mesh_silent: host.condition.meshSilent,
      mesh_refused: host.condition.meshRefused,
      "ovs_external_ids.hostname": host.name,
      "ovs_external_ids.system-id": uuidOf(cloud.seed, "ovs", host.index),
      "sysctl.net.netfilter.nf_conntrack_max": String(CONNTRACK_MAX),
      "sysctl_configured.net.netfilter.nf_conntrack_max": String(CONNTRACK_MAX),
    },
  });
}

export function loopbackNode(host: Host, parent: ElementId, id: ElementId): Node {
  return nodeOf({
    id,
    kind: "loopback",
    name: "lo",
    host: host.name,
    parent,
    attributes: {
      admin_up: true,
      operstate: "unknown",
      carrier: true,
      mtu: 65_536,
      addresses: ["127.0.0.1/8", "::1/128"],
      ifindex: 1,
    },
  });
}

function nicNode(host: Host, nic: number): Node {
  const name = NICS[nic] ?? `eth${nic}`;
  const isDown = host.condition.downNics.includes(nic);
  return nodeOf({
    id: interfaceId(host.name, undefined, name),
    kind: "nic",
    name,
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      admin_up: true,
      operstate: isDown ? "down" : "up",
      carrier: !isDown,
      mtu: host.condition.mtu ?? UNDERLAY_MTU,
      mac: nicMac(host.index, nic),
      ifindex: 2 + nic,
      bus_address: `0000:3b:00.${nic}`,
      driver: "mlx5_core",
      speed_mbps: isDown ? undefined : 25_000,
      duplex: isDown ? undefined : "full",
      lldp_neighbour: isDown ? undefined : `${torName(host.place, nic)}/Ethernet${(host.index % 100) + 1}`,
    },
  });
}

function bondNode(host: Host, id: ElementId): Node {
  const { downNics } = host.condition;
  const isUp = NICS.some((_, nic) => !downNics.includes(nic));
  return nodeOf({
    id,
    kind: "bond",
    name: "bond0",
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      admin_up: true,
      operstate: isUp ? "up" : "down",
      carrier: isUp,
      mtu: host.condition.mtu ?? UNDERLAY_MTU,
      mac: nicMac(host.index, 0),
      ifindex: 4,
      bond_mode: "802.3ad",
      bond_miimon_ms: 100,
      bond_lacp_rate: "fast",
    },
  });
}

function vlanNode(host: Host, id: ElementId): Node {
  const isUp = NICS.some((_, nic) => !host.condition.downNics.includes(nic));
  return nodeOf({
    id,
    kind: "vlan",
    name: `bond0.${TUNNEL_VLAN}`,
    host: host.name,
    parent: hostId(host.name),
    attributes: {
      admin_up: true,
      operstate: isUp ? "up" : "lowerlayerdown",
      carrier: isUp,
      mtu: host.condition.mtu ?? UNDERLAY_MTU,
      mac: nicMac(host.index, 0),
      addresses: [`${underlayAddress(host.index)}/10`],
      ifindex: 5,
      vlan_id: TUNNEL_VLAN,
      vlan_protocol: "802.1Q",
    },
  });
}

/** A number that Open vSwitch or the kernel hands out anew whenever Open vSwitch starts: ofport, local VLAN tag. */
export function handedOut(host: Host, key: number, range: number): number {
  return 1 + (hash32(host.index, host.condition.ovsRestarts, host.condition.boots, key) % range);
}
