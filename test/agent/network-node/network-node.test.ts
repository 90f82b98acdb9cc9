import { describe, expect, test } from "vitest";
import type { KnownNamespace } from "../../../agent/metrics/interface-probe.ts";
import { carriedOn, countersOf } from "../../../agent/network-node/carried.ts";
import { configurationFiles, dhcpServersOf, dhcpSockets } from "../../../agent/network-node/dhcp-servers.ts";
import { haTransitions, parseHaState } from "../../../agent/network-node/ha-state.ts";
import { networkAttributes } from "../../../agent/network-node/network-attributes.ts";
import { neutronNamespace, sideOf } from "../../../agent/network-node/neutron-namespace.ts";
import { isNetworkNode } from "../../../agent/network-node/role.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { hostId, netnsId } from "../../../core/element-id.ts";
import { wrong } from "../../topology/invariants/judging.ts";

const ID = "11111111-2222-3333-4444-555555555555";
const traffic = (n: number) => ({ rxBytes: n, rxPackets: n, txBytes: n, txPackets: n });

describe("namespaces of Neutron by their names", () => {
  test.each([
    [`qrouter-${ID}`, { service: "router", routerId: ID }],
    [`snat-${ID}`, { service: "snat", routerId: ID }],
    [`fip-${ID}`, { service: "fip", networkId: ID }],
    [`qdhcp-${ID}`, { service: "dhcp", networkId: ID }],
    [`ovnmeta-${ID}`, { service: "ovn-metadata", networkId: ID }],
    ["qrouter-1", undefined],
    [undefined, undefined],
  ])("%s", (name, expected) => {
    expect(neutronNamespace(name)).toEqual(expected);
  });

  test("a packet that is routed is counted once on each side: what goes between namespaces of a host has neither", () => {
    const router = { service: "router" } as const;
    const sides = ["qr-1", "qg-1", "ha-1", "rfp-1", "lo"].map((device) => sideOf(router, device));
    expect(sides).toEqual(["internal", "external", "ha", "inner", undefined]);
  });
});

describe("what a network node carries", () => {
  test("routers that come and go, counters that go back and a restart of the agent never look like traffic", () => {
    const first = carriedOn(undefined, new Map([["a", traffic(1_000_000)]]));
    expect(first.rxBytes, "the agent starts").toBe(0);
    const second = carriedOn(
      first,
      new Map([
        ["a", traffic(1_000_010)],
        ["b", traffic(500)],
      ]),
    );
    expect(second.rxBytes, "b is seen for the first time").toBe(10);
    const third = carriedOn(second, new Map([["b", traffic(507)]]));
    expect(third.rxBytes, "a is gone, b goes on").toBe(17);
    const fourth = carriedOn(third, new Map([["b", traffic(3)]]));
    expect(fourth.rxBytes, "b was made anew").toBe(20);
  });

  test("only wanted devices of a namespace are counted, by names that are theirs on the host", () => {
    const dev = "h\nh\n qr-1: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n";
    expect([...countersOf(dev, "ns/", (device) => device !== "lo")]).toEqual([
      ["ns/qr-1", { rxBytes: 1, rxPackets: 2, txBytes: 3, txPackets: 4 }],
    ]);
  });
});

const namespaceOf = (name: string | undefined, devices: readonly string[] = [], inode = 1): KnownNamespace => ({
  name,
  inode,
  pid: undefined,
  interfaces: new Map(devices.map((it) => [it, { kind: "tap", up: true, mtuBytes: 1, speedMbps: undefined }])),
});

test.each([
  ["DHCP server", namespaceOf(`qdhcp-${ID}`), true],
  ["router with a gateway", namespaceOf(`qrouter-${ID}`, ["qr-1", "qg-1"]), true],
  ["highly available router", namespaceOf(`qrouter-${ID}`, ["ha-1"]), true],
  ["distributed router of a compute node", namespaceOf(`qrouter-${ID}`, ["qr-1", "rfp-1"]), false],
  ["floating addresses of a compute node", namespaceOf(`fip-${ID}`, ["fg-1"]), false],
  ["a container", namespaceOf("0123456789ab", ["qg-1"]), false],
])("a host is a network node by its %s: %s", (_, namespace, expected) => {
  expect(isNetworkNode([namespace], new Map())).toBe(expected);
});

describe("DHCP servers of a namespace", () => {
  const UDP = [
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
    " 1019: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 100 2 0000000000000000 0",
    " 1019: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 200 2 0000000000000000 0",
    " 1019: 0100007F:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 300 2 0000000000000000 0",
    " 1005: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 400 2 0000000000000000 0",
  ].join("\n");
  const process = (args: readonly string[], ...sockets: number[]) => ({
    args,
    configuration: "",
    sockets: new Set(sockets),
  });
  const sockets = dhcpSockets(UDP);

  test("only sockets that take what is broadcast are servers", () => {
    expect(sockets).toEqual([{ inode: 100 }, { inode: 200 }]);
  });

  test.each([
    ["Neutron's own", ["--bind-dynamic", "--interface=tap1", "--except-interface=lo"], "dnsmasq:bound:tap1:67"],
    ["as two words", ["--bind-interfaces", "--interface", "tap1"], "dnsmasq:bound:tap1:67"],
    ["by letters", ["-z", "-i", "tap1"], "dnsmasq:bound:tap1:67"],
    ["an interface, but not bound", ["--interface=tap1"], "dnsmasq:unbound:67"],
    ["bound to several", ["--bind-interfaces", "--interface=tap1,tap2"], "dnsmasq:unbound:67"],
    ["bound to any of a pattern", ["--bind-interfaces", "--interface=tap*"], "dnsmasq:unbound:67"],
  ])("%s", (_, args, server) => {
    expect(dhcpServersOf([process(args, 100)], sockets)).toEqual([server]);
  });

  test("a helper that shares its parent's socket is no server of its own, one without a socket none at all", () => {
    const args = ["--bind-interfaces", "--interface=tap1"];
    expect(dhcpServersOf([process(args, 100), process(args, 100), process(args)], sockets)).toEqual([
      "dnsmasq:bound:tap1:67",
    ]);
  });

  test("what a configuration file says counts as well", () => {
    const configuration = "# comment\nbind-interfaces\ninterface=tap7 # here\n";
    expect(configurationFiles(["--conf-file=/etc/x.conf", "-C", "/etc/y.conf"])).toEqual([
      "/etc/x.conf",
      "/etc/y.conf",
    ]);
    expect(configurationFiles(["--keep-in-foreground"]), "dnsmasq's own").toEqual(["/etc/dnsmasq.conf"]);
    expect(configurationFiles(["--conf-file="]), "as Neutron says that there is none").toEqual([]);
    expect(dhcpServersOf([{ ...process([], 200), configuration }], sockets)).toEqual(["dnsmasq:bound:tap7:67"]);
  });

  test("two unbound servers in one namespace are what the invariant finds, a bound one beside is not", () => {
    const found = (servers: readonly string[]) => {
      const namespace = namespaceOf(`qdhcp-${ID}`, ["tap1"], 5);
      const facts = { isNetworkNode: true, dhcpServers: new Map([[5, servers]]), haStates: new Map() };
      const id = netnsId("h", `qdhcp-${ID}`);
      const attributes = networkAttributes("h", [namespace], facts).get(id) ?? {};
      return wrong("dhcp_servers_collide", [
        { id, kind: "netns", name: `qdhcp-${ID}`, cluster: "", host: "h", parent: hostId("h"), attributes },
      ]).length;
    };
    expect(found(["dnsmasq:bound:tap1:67", "dnsmasq:unbound:67"])).toBe(0);
    expect(found(["dnsmasq:bound:tap1:67", "dnsmasq:unbound:67", "dnsmasq:unbound:67"])).toBe(1);
  });
});

test("what elements are in OpenStack is said of namespaces, of devices in them and of the host", () => {
  const said = networkAttributes(
    "h",
    [namespaceOf(undefined), namespaceOf(`qrouter-${ID}`, ["qg-1", "lo"], 2), namespaceOf(`qdhcp-${ID}`, ["tap1"], 3)],
    { isNetworkNode: true, dhcpServers: new Map(), haStates: new Map([[ID, { state: "primary", at: epochMsOf(1) }]]) },
  );
  expect(Object.fromEntries(said)).toEqual({
    "host/h": { role: "network" },
    [`host/h/netns/qrouter-${ID}`]: { service: "router", router_id: ID, ha_state: "primary" },
    [`host/h/netns/qrouter-${ID}/if/qg-1`]: { device_owner: "network:router_gateway" },
    [`host/h/netns/qdhcp-${ID}`]: { service: "dhcp", network_id: ID },
    [`host/h/netns/qdhcp-${ID}/if/tap1`]: { device_owner: "network:dhcp" },
  });
});

describe("state of highly available routers", () => {
  test.each([
    ["primary\n", "primary"],
    ["master", "primary"],
    ["backup", "backup"],
    ["", undefined],
    ["half writ\n", undefined],
  ])("%j", (text, state) => {
    expect(parseHaState(text)).toBe(state);
  });

  test("a transition is an event of the router's namespace, of when it was; a router that is new has made none", () => {
    const read = (states: Readonly<Record<string, string>>, at: number) =>
      new Map(Object.entries(states).map(([router, state]) => [router, { state, at: epochMsOf(at) }]));
    expect(haTransitions("h", read({ r: "backup" }, 1), read({ r: "primary", s: "primary" }, 5))).toEqual([
      {
        at: 5,
        kind: "ha-router-transition",
        element: "host/h/netns/qrouter-r",
        severity: "info",
        text: "router r is primary here, it was backup",
        attributes: { router_id: "r", from: "backup", to: "primary" },
      },
    ]);
  });
});
