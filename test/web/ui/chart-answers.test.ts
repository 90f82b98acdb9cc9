import { describe, expect, test } from "vitest";
import type { Attributes, Node } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, netnsId, ovsPortId } from "../../../core/element-id.ts";
import { type ChartPlan, chartsFor } from "../../../web/ui/details/chart-plan.ts";
import { en } from "../../../web/ui/text/en.ts";
import { ask, given } from "../../promql/ask.ts";

const nodeOf = (kind: Node["kind"], id: Node["id"], name: string, attributes: Attributes = {}): Node => ({
  id,
  kind,
  name,
  cluster: "a",
  host: "h",
  attributes,
});

/** Series with the labels their agents give them; each counter rises by its step a minute. */
const CLOUD = given(`
  network_node_rx_bytes{cluster="a",host="h"} 0+600x20
  network_node_tx_bytes{cluster="a",host="h"} 0+600x20
  network_node_rx_bytes{cluster="a",host="i"} 0+200x20
  network_node_tx_bytes{cluster="a",host="i"} 0+200x20
  process_cpu_s{cluster="a",host="h",comm="neutron-server"} 0+30x20
  process_cpu_s{cluster="a",host="h",comm="qemu",guest="instance-1"} 0+60x20
  diskio_io_time_s{cluster="a",host="h",device="sda"} 0+15x20
  diskio_read_latency_p99_s{cluster="a",host="h",device="sda"} 0.02x20
  diskio_read_latency_p99_s{cluster="a",host="h",device="sdb"} 0.05x20
  mesh_sent{cluster="a",host="h",peer="i",path="underlay"} 0+100x20
  mesh_lost{cluster="a",host="h",peer="i",path="underlay"} 0+10x20
  mesh_sent{cluster="a",host="h",peer="j",path="underlay"} 0+100x20
  mesh_lost{cluster="a",host="h",peer="j",path="underlay"} 0+0x20
  ovs_datapath_hit{cluster="a",host="h",datapath="system@ovs-system"} 0+900x20
  ovs_datapath_missed{cluster="a",host="h",datapath="system@ovs-system"} 0+100x20
  vm_vcpus{cluster="a",host="h",vm_id="u",project_id="p",flavor="f"} 4x20
  vm_cpu_time_s{cluster="a",host="h",vm_id="u",project_id="p",flavor="f"} 0+120x20
  vm_steal_s{cluster="a",host="h",vm_id="u",project_id="p",flavor="f"} 0+12x20
  vm_disk_reads{cluster="a",host="h",vm_id="u",project_id="p",device="vda"} 0+600x20
  vm_disk_read_time_s{cluster="a",host="h",vm_id="u",project_id="p",device="vda"} 0+6x20
  vm_io_read_bytes{cluster="a",host="h",vm_id="u",project_id="p",flavor="f"} 0+60x20
  vm_filesystem_size_bytes{cluster="a",host="h",vm_id="u",mountpoint="/",fstype="ext4"} 200x20
  vm_filesystem_used_bytes{cluster="a",host="h",vm_id="u",mountpoint="/",fstype="ext4"} 50x20
  vm_connections_udp{cluster="a",host="h",vm_id="u",port_id="p1"} 7 _x6 9 _x12
  net_if_rx_bytes{cluster="a",host="h",interface="eth0",kind="nic"} 0+60x20
  net_if_rx_bytes{cluster="a",host="h",interface="eth1",kind="nic"} 0+120x20
  net_if_rx_bytes{cluster="a",host="h",interface="eth2",kind="nic"} 0+900x20
  net_if_rx_bytes{cluster="a",host="h",interface="br-int",kind="interface"} 0+60x20
  net_if_rx_bytes{cluster="a",host="h",netns="qrouter-r",interface="qr-1",kind="interface",side="internal"} 0+60x20
  net_if_rx_bytes{cluster="a",host="h",netns="qrouter-r",interface="lo",kind="loopback"} 0+60x20
  bond_member_up{cluster="a",host="h",bond="bond0",interface="eth0"} 1x20
  bond_member_up{cluster="a",host="h",bond="bond0",interface="eth1"} 0x20
  ovs_interface_rx_bytes{cluster="a",host="h",bridge="br-int",port="vhu1",interface="vhu1",type="dpdkvhostuser"} 0+60x20
  ovs_interface_rx_bytes{cluster="a",host="h",bridge="br-tun",port="v1",interface="v1",type="vxlan",remote_ip="1.1.1.1"} 0+60x20
  ovs_interface_rx_bytes{cluster="a",host="h",bridge="br-tun",port="v2",interface="v2",type="vxlan",remote_ip="1.1.1.2"} 0+60x20
  vf_rx_bytes{cluster="a",host="h",interface="eth0",vf="3"} 0+60x20
  bgp_peer_up{cluster="a",host="h",daemon="frr",peer="1.1.1.1",afi="ipv4-unicast"} 1x20
  bgp_peer_up{cluster="a",host="h",daemon="frr",peer="1.1.1.1",afi="l2vpn-evpn"} 1x20
  bgp_peer_up{cluster="a",host="h",daemon="frr",peer="1.1.1.2",afi="l2vpn-evpn"} 0x20
  bgp_peer_up{cluster="a",host="h",daemon="frr",vrf="red",peer="1.1.1.3",afi="ipv4-unicast"} 1x20
  bgp_peer_messages_received{cluster="a",host="h",daemon="frr",peer="1.1.1.1",afi="ipv4-unicast"} 0+60x20
  bgp_peer_messages_received{cluster="a",host="h",daemon="frr",peer="1.1.1.1",afi="l2vpn-evpn"} 0+60x20
  evpn_vni_macs{cluster="a",host="h",vni="42"} 5x20
  evpn_vni_macs{cluster="a",host="h",vni="42",space="b"} 9x20
  nic_drops_rx_missed{cluster="a",host="h",interface="eth0",driver="ice"} 0+60x20
`);
const AT_SECONDS = 900;

const HOST = nodeOf("host", hostId("h"), "h", { role: "network" });
const DOMAIN = nodeOf("domain", elementIdOf("host", "h", "domain", "u"), "instance-1", { uuid: "u" });
const port = (bridge: string, name: string, attributes: Attributes) =>
  nodeOf("ovs-port", ovsPortId("h", bridge, name), name, attributes);

function planOf(node: Node, key: string): ChartPlan {
  const plan = chartsFor(node, "a", en).find((each) => each.key === key);
  if (plan === undefined) throw new Error(`no chart ${key}`);
  return plan;
}

/** What a line shows: values by the labels that are left, to three digits; `ranges` as they are in a look-back of minutes. */
async function shown(node: Node, key: string, line: string): Promise<Readonly<Record<string, number>>> {
  const query = planOf(node, key).lines.find(({ name }) => name === line)?.query;
  if (query === undefined) throw new Error(`no line ${line} in ${key}`);
  // These samples come once a minute.
  const answer = await ask(CLOUD, query.replaceAll("[1m]", "[3m]"), AT_SECONDS);
  return Object.fromEntries(Object.entries(answer).map(([labels, value]) => [labels, Number(value.toPrecision(3))]));
}

describe("over series as agents write them, a chart shows", () => {
  test.each<[string, Node, string, string, Readonly<Record<string, number>>]>([
    [
      "every network node's share",
      HOST,
      "share-of-traffic",
      "",
      {
        '{cluster="a", host="h"}': 75,
        '{cluster="a", host="i"}': 25,
      },
    ],
    [
      "processes by name and machine",
      HOST,
      "processes",
      "",
      {
        '{comm="neutron-server"}': 50,
        '{comm="qemu", guest="instance-1"}': 100,
      },
    ],
    ["how busy each disk is", HOST, "disk-busy", "", { '{device="sda"}': 25 }],
    ["the latency of the slowest disk", HOST, "disk-latency", "read, 99 %", { "{}": 0.05 }],
    ["loss over all peers", HOST, "mesh-loss", "mean", { "{}": 5 }],
    ["loss to the worst peer", HOST, "mesh-loss", "worst peer", { "{}": 10 }],
    ["the share of packets sent up", HOST, "upcall-ratio", "", { '{datapath="system@ovs-system"}': 10 }],
    ["a machine's use of its processors", DOMAIN, "vm-cpu", "used", { "{}": 50 }],
    ["what its processors waited", DOMAIN, "vm-cpu", "stolen", { "{}": 5 }],
    ["time a read took", DOMAIN, "vm-disk-latency", "read, mean", { "{}": 0.01 }],
    ["what its process read where there is no libvirt", DOMAIN, "vm-disk-bytes", "read", { "{}": 1 }],
    ["how full its file systems are", DOMAIN, "vm-filesystems", "", { '{mountpoint="/"}': 25 }],
    ["connections of the walk minutes ago", DOMAIN, "connections", "UDP", { "{}": 9 }],
    [
      "members of a bond, and no other card",
      nodeOf("bond", interfaceId("h", undefined, "bond0"), "bond0"),
      "members",
      "in",
      { '{interface="eth0"}': 8, '{interface="eth1"}': 16 },
    ],
    [
      "members of a bond of the switch",
      port("br-ex", "bond1", { type: "bond", members: ["eth0", "eth1"] }),
      "members",
      "in",
      { '{interface="eth0"}': 8, '{interface="eth1"}': 16 },
    ],
    [
      "a port that only the switch counts",
      port("br-int", "vhu1", { type: "dpdkvhostuser" }),
      "bits",
      "in",
      { "{}": 8 },
    ],
    ["a port in a namespace", port("br-int", "qr-1", { type: "internal" }), "bits", "in", { "{}": 8 }],
    [
      "a bridge's own device",
      nodeOf("ovs-bridge", elementIdOf("host", "h", "ovs", "br-int"), "br-int"),
      "bits",
      "in",
      { "{}": 8 },
    ],
    [
      "the peers of a tunnel's end",
      nodeOf("vxlan", elementIdOf("host", "h", "tunnel", "vxlan"), "vxlan"),
      "peers",
      "in",
      { '{remote_ip="1.1.1.1"}': 8, '{remote_ip="1.1.1.2"}': 8 },
    ],
    [
      "a function that a machine has",
      nodeOf("vf", elementIdOf("host", "h", "vf", "0000:3b:02.3"), "0000:3b:02.3", {
        bus_address: "0000:3b:02.3",
        physical_function: "eth0",
        vf_index: 3,
      }),
      "bits",
      "in",
      { "{}": 8 },
    ],
    [
      "the sides of a router, not its loopback",
      nodeOf("netns", netnsId("h", "qrouter-r"), "qrouter-r", { service: "router" }),
      "sides",
      "in",
      { '{side="internal"}': 8 },
    ],
    [
      "a card's drops",
      nodeOf("nic", interfaceId("h", undefined, "eth0"), "eth0"),
      "card-drops",
      "card full",
      { "{}": 1 },
    ],
    [
      "a VNI, not that of another path space",
      nodeOf("vni", elementIdOf("host", "h", "vni", "42"), "42", { vni: 42 }),
      "vni-addresses",
      "MACs",
      { "{}": 5 },
    ],
  ])("%s", async (_what, node, key, line, expected) => {
    expect(await shown(node, key, line)).toEqual(expected);
  });

  test("a BGP session once, whatever it carries, and only those of the speaker's own VRF", async () => {
    const speaker = nodeOf("bgp-speaker", elementIdOf("host", "h", "bgp", "65000"), "AS65000", { bgp_daemon: "frr" });
    expect(await shown(speaker, "bgp-peers", "established")).toEqual({ "{}": 1 });
    expect(await shown(speaker, "bgp-peers", "total")).toEqual({ "{}": 2 });
    expect(await shown(speaker, "bgp-messages", "in")).toEqual({ "{}": 1 });
    const red = nodeOf("bgp-speaker", speaker.id, "AS65000", { bgp_daemon: "frr", vrf: "red" });
    expect(await shown(red, "bgp-peers", "total")).toEqual({ "{}": 1 });
  });
});
