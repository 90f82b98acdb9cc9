import {
  type Attributes,
  type Element,
  type LinkKind,
  linkOf,
  type Node,
  type NodeKind,
} from "../../../core/element.ts";
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
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";

/** Builds the elements of made-up hosts, named and attributed as agents do. */
export interface HostBuilder {
  readonly host: string;
  add(kind: NodeKind, id: ElementId, name: string, attributes?: Attributes, parent?: ElementId): ElementId;
  /** An interface of the host, or of a namespace. */
  device(kind: NodeKind, name: string, attributes?: Attributes, netns?: string): ElementId;
  netns(name: string, heldBy: string): ElementId;
  bridge(name: string): ElementId;
  port(bridge: string, name: string, attributes?: Attributes): ElementId;
  link(kind: LinkKind, from: ElementId, to: ElementId): ElementId;
  elements(): readonly Element[];
}

export function hostBuilder(cluster: string, host: string): HostBuilder {
  const elements: Element[] = [];
  const add: HostBuilder["add"] = (kind, id, name, attributes = {}, parent = hostId(host)) => {
    elements.push({ id, kind, name, cluster, host, parent, attributes } satisfies Node);
    return id;
  };
  let serial = 0;
  return {
    host,
    add,
    device: (kind, name, attributes = {}, netns = undefined) => {
      serial++;
      return add(
        kind,
        interfaceId(host, netns, name),
        name,
        {
          admin_up: true,
          operstate: "UP",
          carrier: true,
          mtu: 1500,
          mac: macOf(serial),
          ifindex: serial,
          ...attributes,
        },
        netns === undefined ? hostId(host) : netnsId(host, netns),
      );
    },
    netns: (name, heldBy) =>
      add("netns", netnsId(host, name), name, { held_by: heldBy, netns_inode: 4026532000 + ++serial }),
    bridge: (name) =>
      add("ovs-bridge", ovsBridgeId(host, name), name, { datapath_type: "netdev", fail_mode: "secure" }),
    port: (bridge, name, attributes = {}) =>
      add(
        "ovs-port",
        ovsPortId(host, bridge, name),
        name,
        { link_state: "up", ...attributes },
        ovsBridgeId(host, bridge),
      ),
    link: (kind, from, to) => {
      const link = linkOf(kind, from, to);
      elements.push(link);
      return link.id;
    },
    elements: () => elements,
  };
}

const macOf = (serial: number): string =>
  `fe:16:3e:${[serial >> 16, serial >> 8, serial].map((byte) => (byte & 255).toString(16).padStart(2, "0")).join(":")}`;

/** A compute node of an OpenStack cloud with `vms` virtual machines. */
export function computeNode(cluster: string, host: string, vms: number): readonly Element[] {
  const it = hostBuilder(cluster, host);
  it.add("host", hostId(host), host, {
    kernel: "6.8.0-51-generic",
    cpus: 64,
    memory_bytes: 549755813888,
    os: "Debian 13",
  });
  uplinks(it);
  for (let index = 0; index < vms; index++) addVm(it, index);
  dhcpAndRouter(it);
  containers(it);
  return [...it.elements(), agentNode(cluster, host, "connected")];
}

export function agentNode(cluster: string, host: string, session: "connected" | "silent"): Node {
  return { id: agentId(host), kind: "agent", name: host, cluster, host, attributes: { session } };
}

function uplinks(it: HostBuilder): void {
  it.device("loopback", "lo", { operstate: "UNKNOWN", addresses: ["127.0.0.1/8", "::1/128"], mtu: 65536 });
  const [one, two] = [
    it.device("nic", "ens1f0", { driver: "mlx5_core", speed_mbps: 25000, duplex: "full", mtu: 9000 }),
    it.device("nic", "ens1f1", { driver: "mlx5_core", speed_mbps: 25000, duplex: "full", mtu: 9000 }),
  ];
  it.device("nic", "eno1", { driver: "igb", operstate: "DOWN", carrier: false });
  const bond = it.device("bond", "bond0", { bond_mode: "802.3ad", mtu: 9000 });
  it.link("layer2", one, bond);
  it.link("layer2", two, bond);
  const storage = it.device("vlan", "bond0.120", { vlan_id: 120, addresses: ["192.0.2.17/24"], mtu: 9000 });
  it.link("vlan-of", storage, bond);
  const [ex, int, tun] = ["br-ex", "br-int", "br-tun"];
  for (const bridge of [ex, int, tun]) it.bridge(bridge);
  it.link("layer2", it.port(ex, "bond0"), bond);
  it.link("patch", it.port(ex, "phy-br-ex"), it.port(int, "int-br-ex"));
  it.link("patch", it.port(tun, "patch-int"), it.port(int, "patch-tun"));
  const vxlan = it.device("vxlan", "vxlan_sys_4789", { vxlan_port: 4789, vxlan_local: "192.0.2.17" });
  it.link("layer2", it.port(tun, "vxlan-c0000212"), vxlan);
  it.link("layer2", vxlan, storage);
  it.device("interface", "ifb0", { admin_up: false, operstate: "DOWN", device_type: "ifb" });
}

/** Port and VM identifiers that look like Neutron's and Nova's and are the same on every run. */
export function uuidOf(host: string, index: number): string {
  let state = [...host].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7) + index * 7919;
  const hex = Array.from({ length: 32 }, () => {
    state = Math.imul(state ^ (state >>> 15), 2246822507) + 0x9e3779b9;
    return ((state >>> 16) & 15).toString(16);
  }).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

export function addVm(it: HostBuilder, index: number): void {
  const uuid = uuidOf(it.host, index);
  const tapName = `tap${uuid.slice(0, 11)}`;
  const tap = it.device("tap", tapName, {
    mtu: 1450,
    mac: `fe:16:3e:${uuid.slice(0, 2)}:${uuid.slice(2, 4)}:${uuid.slice(4, 6)}`,
  });
  const port = it.port("br-int", tapName, { tag: 1 + (index % 7), "external_ids.iface-id": uuid });
  it.link("layer2", port, tap);
  const name = `${["web", "db", "cache", "api", "batch"][index % 5]}-${Math.floor(index / 5) + 1}`;
  const vm = it.add("vm", elementIdOf("vm", uuid), name, { power_state: "running", flavor: "m5.large" });
  it.link("attached", tap, vm);
}

function dhcpAndRouter(it: HostBuilder): void {
  const dhcp = `qdhcp-${uuidOf(it.host, 9001).slice(0, 8)}`;
  it.netns(dhcp, "name");
  it.device("loopback", "lo", { operstate: "UNKNOWN", addresses: ["127.0.0.1/8"] }, dhcp);
  const tap = it.device("interface", "tap5b1e9c03-2f", { addresses: ["10.0.0.2/24"], mtu: 1450 }, dhcp);
  it.link("layer2", it.port("br-int", "tap5b1e9c03-2f", { tag: 1 }), tap);
  const router = `qrouter-${uuidOf(it.host, 9002).slice(0, 8)}`;
  it.netns(router, "name");
  it.device("loopback", "lo", { operstate: "UNKNOWN", addresses: ["127.0.0.1/8"] }, router);
  for (const [name, address] of [
    ["qr-0c11a7de-90", "10.0.0.1/24"],
    ["qr-7f00b2aa-1d", "10.0.1.1/24"],
    ["qg-e1d4c2b0-55", "203.0.113.9/24"],
  ] as const) {
    const inside = it.device("interface", name, { addresses: [address] }, router);
    it.link("layer2", it.port("br-int", name, { tag: 2 }), inside);
  }
}

function containers(it: HostBuilder): void {
  const docker = it.device("bridge", "docker0", { addresses: ["172.17.0.1/16"], bridge_stp: false });
  for (const [index, container] of ["prometheus", "fluentd", "chrony"].entries()) {
    const netns = `${container}.service`;
    it.netns(netns, "service");
    it.device("loopback", "lo", { operstate: "UNKNOWN" }, netns);
    const inside = it.device("veth", "eth0", { addresses: [`172.17.0.${index + 2}/16`] }, netns);
    const outside = it.device("veth", `veth${uuidOf(it.host, 500 + index).slice(0, 7)}`, {
      bridge_port_state: "forwarding",
    });
    it.link("veth-pair", inside, outside);
    it.link("layer2", outside, docker);
  }
}

/** A machine with next to nothing on it. */
export function bareHost(cluster: string, host: string): readonly Element[] {
  const it = hostBuilder(cluster, host);
  it.add("host", hostId(host), host, { kernel: "6.12.0", cpus: 2, memory_bytes: 8589934592 });
  it.device("loopback", "lo", { operstate: "UNKNOWN", addresses: ["127.0.0.1/8"] });
  it.device("nic", "eth0", { addresses: ["192.0.2.2/24"] });
  it.device("interface", "ifb0", { admin_up: false, operstate: "DOWN", device_type: "ifb" });
  return [...it.elements(), agentNode(cluster, host, "connected")];
}

export const cloudOf = (...hosts: readonly (readonly Element[])[]): Topology => topologyOf(hosts.flat());
