import { describe, expect, test } from "vitest";
import type { Element } from "../../../core/element.ts";
import { elementIdOf, interfaceId } from "../../../core/element-id.ts";
import { device, link, netns, node, ovsPort, port, subnet } from "./elements.ts";
import { judges, wrong } from "./judging.ts";

const TAP = "tap1a2b3c4d-5e";
const NET = "n1";

const end = (on: string, localIp: string, peers: readonly string[], attributes = {}) =>
  device(on, "vxlan", "vxlan_sys", { local_ip: localIp, peers, ...attributes });
judges("tunnel_one_end", {
  broken: [
    ["the other end lacks it", [end("a", "172.16.0.1", ["172.16.0.2"]), end("b", "172.16.0.2", [])]],
    [
      "a list that is not sorted",
      [end("a", "172.16.0.1", ["172.16.0.9", "172.16.0.10", "172.16.0.2"]), end("b", "172.16.0.2", [])],
    ],
  ],
  whole: [
    ["both have each other", [end("a", "172.16.0.1", ["172.16.0.2"]), end("b", "172.16.0.2", ["172.16.0.1"])]],
    ["neither has the other", [end("a", "172.16.0.1", []), end("b", "172.16.0.2", [])]],
    ["a peer nobody knows", [end("a", "172.16.0.1", ["172.16.0.2"])]],
    [
      "ends of different VNIs",
      [end("a", "172.16.0.1", ["172.16.0.2"], { vni: 1 }), end("b", "172.16.0.2", [], { vni: 2 })],
    ],
    [
      "an end that does not tell its peers",
      [end("a", "172.16.0.1", ["172.16.0.2"]), device("b", "vxlan", "v", { local_ip: "172.16.0.2" })],
    ],
  ],
});

const [small, large] = [{ mtu: 1450 }, { mtu: 1500 }];
const joined = (kind: Parameters<typeof link>[0], from: Parameters<typeof link>[1], to: Parameters<typeof link>[2]) => [
  from,
  to,
  link(kind, from, to),
];
judges("mtu_mismatch", {
  broken: [
    [
      "the ends of a veth pair",
      joined("veth-pair", device("a", "veth", "v0", small), device("a", "veth", "v1", large)),
    ],
    ["a member and its bridge", joined("layer2", device("a", "tap", "t0", large), device("a", "bridge", "br0", small))],
    ["a member and its bond", joined("layer2", device("a", "nic", "eth0", small), device("a", "bond", "bond0", large))],
    [
      "a VLAN larger than what it stands on",
      joined("vlan-of", device("a", "vlan", "v1", large), device("a", "nic", "eth0", small)),
    ],
    [
      "a host that sends more than its switch takes",
      joined(
        "layer2",
        device("a", "nic", "eth0", large),
        node(elementIdOf("switch", "s", "port", "1"), "switchport", small),
      ),
    ],
    ["the ends of a patch cord", joined("patch", ovsPort("a", "p0", small), ovsPort("a", "p1", large))],
  ],
  whole: [
    ["a veth pair of one MTU", joined("veth-pair", device("a", "veth", "v0", large), device("a", "veth", "v1", large))],
    [
      "a VLAN smaller than what it stands on",
      joined("vlan-of", device("a", "vlan", "v1", small), device("a", "nic", "eth0", large)),
    ],
    [
      "a switch that takes more than its host sends",
      joined(
        "layer2",
        device("a", "nic", "eth0", small),
        node(elementIdOf("switch", "s", "port", "1"), "switchport", large),
      ),
    ],
    [
      "a port of the switch and a tap of another network",
      joined("layer2", ovsPort("a", TAP, large), device("a", "tap", TAP, small)),
    ],
    ["an MTU that is not said", joined("veth-pair", device("a", "veth", "v0"), device("a", "veth", "v1", large))],
  ],
});

const underlay = (mtu: number, addresses = ["172.16.0.1/24"]) => device("a", "nic", "eth0", { mtu, addresses });
judges("tunnel_mtu_too_large", {
  broken: [
    ["1500 in 1500", [underlay(1500), end("a", "172.16.0.1", [], { mtu: 1500 })]],
    ["1451 in 1500: VXLAN adds 50", [underlay(1500), end("a", "172.16.0.1", [], { mtu: 1451 })]],
    ["over IPv6 it adds 70", [underlay(1500, ["2001:db8::1/64"]), end("a", "2001:db8::1", [], { mtu: 1431 })]],
  ],
  whole: [
    ["1450 in 1500", [underlay(1500), end("a", "172.16.0.1", [], { mtu: 1450 })]],
    ["1500 in 9000", [underlay(9000), end("a", "172.16.0.1", [], { mtu: 1500 })]],
    ["the one device of Open vSwitch for all tunnels", [underlay(1500), end("a", "172.16.0.1", [], { mtu: 65_000 })]],
    ["the same address on another host", [underlay(1500), end("b", "172.16.0.1", [], { mtu: 1500 })]],
  ],
});

const claim = (id: string, ip: string, mac: string, attributes = {}) =>
  port(id, { network_id: NET, fixed_ips: [ip], mac, device_owner: "compute:nova", ...attributes });
const [MAC1, MAC2] = ["fa:16:3e:00:00:01", "fa:16:3e:00:00:02"];
judges("duplicate_ip", {
  broken: [
    ["two ports of one network", [claim("p1", "10.0.0.5", MAC1), claim("p2", "10.0.0.5", MAC2)]],
    [
      "a port and an interface that says its network",
      [
        claim("p1", "10.0.0.5", MAC1),
        device("a", "veth", "v", { network_id: NET, mac: MAC2, addresses: ["10.0.0.5/24"] }),
      ],
    ],
    [
      "a port and an interface in the DHCP namespace",
      [
        claim("p1", "10.0.0.5", MAC1),
        node(interfaceId("a", `qdhcp-${NET}`, "t"), "tap", { mac: MAC2, addresses: ["10.0.0.5/24"] }),
      ],
    ],
    [
      "two interfaces of one VNI",
      ["a", "b"].map((on, i) => device(on, "veth", "v", { vni: 7, mac: i ? MAC1 : MAC2, addresses: ["10.0.0.5/24"] })),
    ],
  ],
  whole: [
    [
      "the same address in two networks",
      [claim("p1", "10.0.0.5", MAC1), claim("p2", "10.0.0.5", MAC2, { network_id: "n2" })],
    ],
    [
      "a port and its own interface",
      [
        claim("p1", "10.0.0.5", MAC1),
        device("a", "veth", "v", { network_id: NET, mac: MAC1.toUpperCase(), addresses: ["10.0.0.5/24"] }),
      ],
    ],
    [
      "the same router interface on every host (DVR)",
      ["p1", "p2"].map((id, i) =>
        claim(id, "10.0.0.1", i ? MAC1 : MAC2, { device_owner: "network:router_interface_distributed" }),
      ),
    ],
    [
      "a virtual router (VRRP)",
      [
        claim("p1", "10.0.0.5", MAC1),
        device("a", "veth", "v", { network_id: NET, mac: "00:00:5e:00:01:07", addresses: ["10.0.0.5/24"] }),
      ],
    ],
    [
      "an anycast gateway",
      ["a", "b"].map((on, i) =>
        device(on, "veth", "v", { vni: 7, anycast: true, mac: i ? MAC1 : MAC2, addresses: ["10.0.0.1/24"] }),
      ),
    ],
    [
      "an address the other may use (allowed_address_pairs)",
      [
        claim("p1", "10.0.0.5", MAC1),
        claim("p2", "10.0.0.6", MAC2, { allowed_address_pairs: ["10.0.0.5"] }),
        device("a", "veth", "v", { network_id: NET, mac: MAC2, addresses: ["10.0.0.5/24"] }),
      ],
    ],
    [
      "link-local addresses are everywhere",
      ["a", "b"].map((on, i) =>
        device(on, "veth", "v", { vni: 7, mac: i ? MAC1 : MAC2, addresses: ["fe80::1/64", "169.254.169.254/32"] }),
      ),
    ],
  ],
});

judges("duplicate_mac", {
  broken: [["two ports of one network", [claim("p1", "10.0.0.5", MAC1), claim("p2", "10.0.0.6", MAC1.toUpperCase())]]],
  whole: [
    ["two networks", [claim("p1", "10.0.0.5", MAC1), claim("p2", "10.0.0.6", MAC1, { network_id: "n2" })]],
    [
      "a port and its interface",
      [
        claim("p1", "10.0.0.5", MAC1),
        device("a", "veth", "v", { network_id: NET, mac: MAC1, "external_ids.iface-id": "p1" }),
      ],
    ],
    [
      "a port and its device in a DHCP namespace, which only its name tells",
      ["tap", "ns-"].flatMap((prefix) => [
        claim("0fa98021-3d80-4590-aaef-13825254599e", "10.0.0.2", MAC1),
        { ...device("a", "interface", `${prefix}0fa98021-3d`, { mac: MAC1 }), parent: netns("a", `qdhcp-${NET}`).id },
      ]),
    ],
    [
      "the MAC of a virtual router",
      [claim("p1", "10.0.0.5", "00:00:5e:00:01:07"), claim("p2", "10.0.0.6", "00:00:5e:00:01:07")],
    ],
  ],
});

const vni = (on: string, attributes = {}) =>
  node(elementIdOf("host", on, "vni", "7"), "vni", { vni: 7, ...attributes });
judges("evpn_duplicate_mac", {
  broken: [["EVPN flags one", [vni("a", { duplicate_macs: [MAC1] })]]],
  whole: [["it flags none", [vni("a", { duplicate_macs: [] })]]],
});

judges("vtep_unknown_to_evpn", {
  broken: [
    [
      "a peer EVPN did not tell of",
      [vni("a", { remote_vteps: ["172.16.0.2"] }), end("a", "172.16.0.1", ["172.16.0.2", "172.16.0.3"], { vni: 7 })],
    ],
  ],
  whole: [
    [
      "all peers are EVPN's",
      [vni("a", { remote_vteps: ["172.16.0.2", "172.16.0.3"] }), end("a", "172.16.0.1", ["172.16.0.2"], { vni: 7 })],
    ],
    [
      "EVPN is not used for this VNI",
      [vni("a", { remote_vteps: ["172.16.0.2"] }), end("a", "172.16.0.1", ["172.16.0.9"], { vni: 8 })],
    ],
    ["EVPN does not tell", [vni("a"), end("a", "172.16.0.1", ["172.16.0.9"], { vni: 7 })]],
  ],
});

const speaker = (on: string, attributes = {}) => node(elementIdOf("host", on, "bgp"), "bgp-speaker", attributes);
const session = (attributes: Element["attributes"]) => [
  speaker("a"),
  speaker("b"),
  link("bgp-session", speaker("a"), speaker("b"), attributes),
];
judges("bgp_session_down", {
  broken: [
    ["idle", session({ session: "idle" })],
    ["the speaker names a peer that is down", [speaker("a", { peers_down: ["10.88.0.2"] })]],
  ],
  whole: [
    ["established, as FRR writes it", session({ session: "Established" })],
    ["somebody shut it down", session({ session: "idle", admin_down: true })],
    ["nothing said", session({})],
  ],
});

describe("subnet_used_up", () => {
  test.each([
    [84, undefined],
    [85, "warning"],
    [94, "warning"],
    [95, "critical"],
    [120, "critical"],
  ])("%i of 100 is %s", (used, level) => {
    expect(wrong("subnet_used_up", [subnet("s", { used, total: 100 })]).map((it) => it.level)).toEqual(
      level === undefined ? [] : [level],
    );
  });
  test("an empty pool is not used up", () =>
    expect(wrong("subnet_used_up", [subnet("s", { used: 0, total: 0 })])).toEqual([]));
});

describe("what a breach tells", () => {
  test("a half-open tunnel names the end that lacks its peer first", () => {
    const [a, b] = [end("a", "172.16.0.1", ["172.16.0.2"]), end("b", "172.16.0.2", [])];
    expect(wrong("tunnel_one_end", [a, b])).toEqual([
      { elements: [b.id, a.id], level: "critical", end_without_peer: "172.16.0.2", missing_peer: "172.16.0.1" },
    ]);
  });

  test("each pair of a mesh that one end has left is a breach of its own", () => {
    const mesh = ["1", "2", "3", "4"].map((n) => `172.16.0.${n}`);
    const ends = mesh.map((ip, i) => end(`h${i}`, ip, i === 0 ? [] : mesh.filter((other) => other !== ip)));
    expect(wrong("tunnel_one_end", ends).map((it) => "missing_peer" in it && it.missing_peer)).toEqual(mesh.slice(1));
  });
});
