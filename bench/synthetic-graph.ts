import { type Attributes, type Element, type LinkKind, linkOf, type Node, type NodeKind } from "../core/element.ts";
import {
  agentId,
  type ElementId,
  elementIdOf,
  hostId,
  interfaceId,
  ovsBridgeId,
  ovsPortId,
} from "../core/element-id.ts";

/** A cloud for measuring: about a hundred elements a host, ten of them VMs with their ports. Deterministic. */
export interface SyntheticSize {
  readonly seed: number;
  readonly hosts: number;
  readonly vmsPerHost: number;
  /** Addresses in a tunnel end's peer list, at most. */
  readonly peers: number;
}

const HOSTS_PER_RACK = 20;
const RACKS_PER_ZONE = 50;

export const hostNameOf = (index: number): string => `compute-${String(index).padStart(5, "0")}`;

export function rackOf(index: number): ElementId {
  const rack = Math.floor(index / HOSTS_PER_RACK);
  return elementIdOf("region", "r1", "zone", `z${Math.floor(rack / RACKS_PER_ZONE)}`, "rack", `k${rack}`);
}

/** What one host's agent tells, and what OpenStack tells of its VMs. */
export function hostElements(size: SyntheticSize, index: number): readonly Element[] {
  const random = randomOf(size.seed * 1_000_003 + index);
  const host = hostNameOf(index);
  const elements: Element[] = [];
  const node = (kind: NodeKind, id: ElementId, name: string, parent: ElementId | undefined, attributes: Attributes) =>
    elements.push({ id, kind, name, cluster: "main", host, parent, attributes } satisfies Node);
  const link = (kind: LinkKind, from: ElementId, to: ElementId) => elements.push(linkOf(kind, from, to));
  const own = hostId(host);
  node("host", own, host, rackOf(index), {
    kernel: "6.1.0-28-amd64",
    cpu_count: 96,
    memory_bytes: 405_000_000_000,
    os: "Debian GNU/Linux 12",
  });
  node("agent", agentId(host), host, own, { session: "connected", version: "0.1.0", boot_id: uuid(random) });
  const bridges = ["br-int", "br-tun", "br-ex"].map((name) => ovsBridgeId(host, name));
  const [brInt = own, brTun = own, brEx = own] = bridges;
  for (const [at, id] of bridges.entries()) {
    node("ovs-bridge", id, ["br-int", "br-tun", "br-ex"][at] ?? "", own, {
      datapath_type: "system",
      fail_mode: "secure",
      datapath_id: hex(random, 16),
    });
  }
  for (const name of ["eno1", "eno2", "ens1f0", "ens1f1", "bond0"]) {
    node(name === "bond0" ? "bond" : "nic", interfaceId(host, undefined, name), name, own, {
      admin_up: true,
      operstate: "up",
      mtu: 9_000,
      mac: mac(random),
      driver: "mlx5_core",
      speed_mbps: 25_000,
      addresses: name === "bond0" ? [`${tunnelIp(index)}/16`] : [],
    });
  }
  for (const name of ["ens1f0", "ens1f1"])
    link("layer2", interfaceId(host, undefined, name), interfaceId(host, undefined, "bond0"));
  const tunnel = interfaceId(host, undefined, "vxlan_sys_4789");
  node("vxlan", tunnel, "vxlan_sys_4789", own, {
    local_ip: tunnelIp(index),
    peers: peersOf(size, index, random),
    admin_up: true,
    operstate: "up",
    mtu: 65_000,
  });
  for (const [bridge, name] of [
    [brInt, "patch-tun"],
    [brTun, "patch-int"],
    [brInt, "int-br-ex"],
    [brEx, "phy-br-ex"],
    [brEx, "bond0"],
  ] as const) {
    node("ovs-port", `${bridge}/port/${name}` as ElementId, name, bridge, {
      type: name === "bond0" ? "system" : "patch",
    });
  }
  link("patch", ovsPortId(host, "br-int", "patch-tun"), ovsPortId(host, "br-tun", "patch-int"));
  link("patch", ovsPortId(host, "br-int", "int-br-ex"), ovsPortId(host, "br-ex", "phy-br-ex"));
  for (let vm = 0; vm < size.vmsPerHost; vm++) {
    const [vmUuid, portUuid, portMac] = [uuid(random), uuid(random), `fa:16:3e:${mac(random).slice(9)}`];
    const network = `00000000-0000-4000-8000-${String(Math.floor(random() * 2_000)).padStart(12, "0")}`;
    const tapName = `tap${portUuid.slice(0, 11)}`;
    const [tap, port, domain] = [
      interfaceId(host, undefined, tapName),
      ovsPortId(host, "br-int", tapName),
      elementIdOf("host", host, "domain", vmUuid),
    ];
    node("tap", tap, tapName, own, {
      admin_up: true,
      operstate: "up",
      mtu: 1_450,
      mac: `fe${portMac.slice(2)}`,
      "external_ids.iface-id": portUuid,
      "external_ids.vm-uuid": vmUuid,
    });
    node("ovs-port", port, tapName, brInt, {
      type: "system",
      mtu: 1_450,
      mac_in_use: `fe${portMac.slice(2)}`,
      link_state: "up",
      admin_state: "up",
      "external_ids.iface-id": portUuid,
      "external_ids.attached-mac": portMac,
      "external_ids.vm-uuid": vmUuid,
      "external_ids.iface-status": "active",
    });
    node("domain", domain, `instance-${hex(random, 8)}`, own, { uuid: vmUuid, state: "running" });
    link("layer2", tap, port);
    link("owns", brInt, port);
    link("attached", tap, domain);
    node("vm", elementIdOf("vm", vmUuid), `web-${index}-${vm}`, undefined, {
      project_id: hex(random, 32),
      flavor: `c${1 << Math.floor(random() * 5)}.large`,
      status: "ACTIVE",
      az: `z${index % 10}`,
      task_state: "",
    });
    node(
      "port",
      elementIdOf("neutron", "port", portUuid),
      portUuid.slice(0, 8),
      elementIdOf("neutron", "network", network),
      {
        mac: portMac,
        fixed_ips: [`10.${index >> 8}.${index & 255}.${vm + 2}`],
        network_id: network,
        device_id: vmUuid,
        device_owner: "compute:nova",
        binding_host: host,
        binding_vif_type: "ovs",
        admin_up: true,
        status: "ACTIVE",
      },
    );
  }
  return elements;
}

export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hex(random: () => number, digits: number): string {
  let text = "";
  while (text.length < digits) text += Math.floor(random() * 16).toString(16);
  return text;
}

function uuid(random: () => number): string {
  return [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join("-");
}

function mac(random: () => number): string {
  return Array.from({ length: 6 }, () => hex(random, 2)).join(":");
}

function tunnelIp(index: number): string {
  return `172.16.${index >> 8}.${index & 255}`;
}

function peersOf({ hosts, peers }: SyntheticSize, index: number, random: () => number): readonly string[] {
  const count = Math.min(hosts - 1, Math.floor(peers * (0.5 + random() / 2)));
  return Array.from({ length: count }, (_, offset) => tunnelIp((index + 1 + offset) % hosts)).sort();
}
