import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DeviceFacts } from "../../agent/topology/device-facts.ts";
import { type IpInterface, parseIpAddr, parseNetnsIds } from "../../agent/topology/ip-json.ts";
import { kernelElements, ownNamespaceAttributes, renamedInterfaces } from "../../agent/topology/kernel-elements.ts";
import type { Namespace, NamespaceReading } from "../../agent/topology/namespace.ts";
import { createRoutingReader } from "../../agent/topology/routing-text.ts";
import { pairVeths } from "../../agent/topology/veth-pairs.ts";
import { isLink, type Node } from "../../core/element.ts";
import { elementIdOf } from "../../core/element-id.ts";

/** Captured with `ip -j -d addr` from two namespaces joined by the veth pair x0–x1. */
const fixture = (name: string) => parseIpAddr(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const A = fixture("ip-addr-namespace-a");
const B = fixture("ip-addr-namespace-b");

const namespace = (inode: number, name: string | undefined): Namespace => ({
  inode,
  name,
  heldBy: name === undefined ? "host" : "name",
  pid: undefined,
  path: undefined,
});
const reading = (
  inode: number,
  name: string | undefined,
  interfaces: readonly IpInterface[],
  numbers: readonly (readonly [number, number])[] = [],
): NamespaceReading => ({ namespace: namespace(inode, name), interfaces, inodeByNsid: new Map(numbers) });

function elementsOf(readings: readonly NamespaceReading[]) {
  const elements = kernelElements("c-1", { readings, devices: new Map(), pairing: pairVeths(readings) });
  return { nodes: elements.filter((it): it is Node => !isLink(it)), links: elements.filter(isLink) };
}

test("each kind of device becomes its kind of node", () => {
  const { nodes } = elementsOf([reading(1, undefined, A)]);
  expect(Object.fromEntries(nodes.map(({ name, kind }) => [name, kind]))).toEqual({
    lo: "loopback",
    br0: "bridge",
    v1: "veth",
    v0: "veth",
    x0: "veth",
    vx42: "vxlan",
    mvt0: "macvtap",
    mv0: "macvlan",
    tap0: "tap",
    tun0: "tun",
    ifb0: "interface",
  });
});

test("a device in a namespace stands below it and carries its own attributes", () => {
  const { nodes } = elementsOf([reading(1, undefined, []), reading(2, "qrouter-1", A)]);
  expect(nodes.find(({ kind }) => kind === "netns")).toMatchObject({
    id: "host/c-1/netns/qrouter-1",
    parent: "host/c-1",
    attributes: { held_by: "name", netns_inode: 2 },
  });
  expect(nodes.find(({ name }) => name === "vx42")).toEqual({
    id: "host/c-1/netns/qrouter-1/if/vx42",
    kind: "vxlan",
    name: "vx42",
    cluster: "",
    host: "c-1",
    parent: "host/c-1/netns/qrouter-1",
    attributes: {
      admin_up: false,
      operstate: "down",
      carrier: false,
      mtu: 1450,
      mac: "ca:b7:98:ef:78:7b",
      ifindex: 6,
      vxlan_id: 42,
      vxlan_local: "10.0.0.1",
      vxlan_remote: "10.0.0.2",
      vxlan_port: 4789,
      vxlan_learning: true,
    },
  });
  expect(nodes.find(({ name }) => name === "x0")?.attributes).toMatchObject({
    admin_up: true,
    operstate: "up",
    addresses: ["10.0.0.1/24", "fd00::1/64", "fe80::e077:f5ff:fe66:df98/64"],
  });
  expect(nodes.find(({ name }) => name === "v0")?.attributes.bridge_port_state).toBe("forwarding");
});

test("members, lower devices, underlays and pairs become links, each once", () => {
  const { links } = elementsOf([reading(1, undefined, A), reading(2, "b", B)]);
  expect(links.map(({ kind, from, to }) => `${kind} ${from} > ${to}`).toSorted()).toEqual([
    "layer2 host/c-1/if/mv0 > host/c-1/if/v1",
    "layer2 host/c-1/if/mvt0 > host/c-1/if/v1",
    "layer2 host/c-1/if/v0 > host/c-1/if/br0",
    "layer2 host/c-1/if/vx42 > host/c-1/if/x0",
    "veth-pair host/c-1/if/v0 > host/c-1/if/v1",
    "veth-pair host/c-1/if/x0 > host/c-1/netns/b/if/x1",
  ]);
});

test("reading the same again gives the same elements: what changes by itself is not kept", () => {
  const later = readFileSync(new URL("fixtures/ip-addr-namespace-a.json", import.meta.url), "utf8")
    .replace('"gc_timer": 299.67', '"gc_timer": 1.5')
    .replaceAll('"tentative": true,', "")
    .replaceAll("4294967295", "77");
  expect(elementsOf([reading(1, undefined, parseIpAddr(later))])).toEqual(elementsOf([reading(1, undefined, A)]));
});

test.each([
  ["temporary addresses", '[{"family":"inet6","local":"fd00::7","prefixlen":64,"temporary":true}]', []],
  [
    "several, sorted",
    '[{"local":"10.0.0.9","prefixlen":32},{"local":"10.0.0.1","prefixlen":24}]',
    ["10.0.0.1/24", "10.0.0.9/32"],
  ],
  ["none", "[]", []],
])("addresses: %s", (_, list, expected) => {
  const text = `[{"ifindex":1,"ifname":"eth0","flags":[],"link_type":"ether","addr_info":${list}}]`;
  expect(parseIpAddr(text)[0]?.addresses).toEqual(expected);
});

test.each([
  ["nothing for a namespace without interfaces", "", 0],
  ["entries that are no interfaces", '[{},null,{"ifname":"x"}]', 0],
  [
    "`link` null beside an index, a number that is unknown",
    '[{"ifindex":1,"ifname":"x","link":null,"link_index":5,"link_netnsid":"unknown"}]',
    1,
  ],
])("ip may print %s", (_, text, count) => {
  expect(parseIpAddr(text)).toHaveLength(count);
});

test("output that is no list is an error somebody can act on", () => {
  expect(() => parseIpAddr("Object is not valid")).toThrow(expect.objectContaining({ code: "agent.ip_output" }));
  expect(() => parseNetnsIds("{}")).toThrow(expect.objectContaining({ code: "agent.ip_output" }));
});

test("a vxlan whose underlay is in another namespace is not linked to a namesake here", () => {
  const moved = A.map((it) => (it.name === "vx42" ? { ...it, linkedElsewhere: true } : it));
  const { links } = elementsOf([reading(1, undefined, moved)]);
  expect(links.some(({ from }) => from.endsWith("vx42"))).toBe(false);
});

test("a physical device with no speed or driver to tell of is a nic all the same", () => {
  const text =
    '[{"ifindex":2,"ifname":"eth0","flags":["UP","LOWER_UP"],"link_type":"ether","operstate":"UP","parentdev":"0000:3b:00.0"}]';
  const { nodes } = elementsOf([reading(1, undefined, parseIpAddr(text))]);
  expect(nodes[0]).toMatchObject({ kind: "nic", attributes: { bus_address: "0000:3b:00.0", carrier: true } });
});

test("a virtual function is told from a nic and linked to its physical function", () => {
  const text =
    '[{"ifindex":2,"ifname":"pf","flags":[],"link_type":"ether"},{"ifindex":3,"ifname":"vf0","flags":[],"link_type":"ether"}]';
  const facts = { driver: "ixgbe", speedMbps: 10_000, duplex: "full", physicalFunction: undefined };
  const devices = new Map<string, DeviceFacts>([
    ["pf", facts],
    ["vf0", { ...facts, physicalFunction: "pf" }],
  ]);
  const readings = [reading(1, undefined, parseIpAddr(text))];
  const elements = kernelElements("h", { readings, devices, pairing: pairVeths(readings) });
  expect(elements.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
    "nic host/h/if/pf",
    "vf host/h/if/vf0",
    "vf-of host/h/if/vf0/vf-of/if%2Fpf",
  ]);
});

describe("what `ip addr` does not show", () => {
  const detailed = (netns: string | undefined, lines: readonly string[]): NamespaceReading => {
    const routing = createRoutingReader();
    lines.forEach(routing.line);
    const features = new Map([["br0", ["highdma"]]]);
    return { ...reading(1, netns, A), details: { routing: routing.finish(), features } };
  };
  const few = [
    "10.1.0.0/16 via 10.0.0.2 dev v1 ",
    "blackhole 10.2.0.0/16 ",
    "10.0.0.9 dev v1 lladdr 02:00:00:00:00:01 PERMANENT ",
  ];
  const many = Array.from({ length: 600 }, (_, n) => `10.1.${n >> 8}.${n & 255} dev v1 `);
  const attributesIn = (readings: readonly NamespaceReading[], name: string) =>
    elementsOf(readings).nodes.find((node) => node.name === name)?.attributes;

  test("routes, static neighbours and features are told at their device", () => {
    const readings = [detailed("n", few)];
    expect(attributesIn(readings, "v1")).toMatchObject({
      routes: ["10.1.0.0/16 via 10.0.0.2"],
      neighbors: ["10.0.0.9 02:00:00:00:00:01"],
    });
    expect(attributesIn(readings, "br0")).toMatchObject({ features: ["highdma"] });
    expect(attributesIn(readings, "v0")).not.toHaveProperty("routes");
  });

  test("what leads nowhere is told at its namespace, of the host's own at the host", () => {
    expect(attributesIn([detailed("n", few)], "n")).toMatchObject({ routes: ["blackhole 10.2.0.0/16"] });
    const snapshot = { readings: [detailed(undefined, few)], devices: new Map(), pairing: pairVeths([]) };
    expect(ownNamespaceAttributes(snapshot)).toEqual({ routes: ["blackhole 10.2.0.0/16"] });
  });

  test("of a table too large its size and digest are told at its namespace, and nothing at devices", () => {
    const readings = [detailed("n", many)];
    expect(attributesIn(readings, "n")).toMatchObject({ route_count: 600, route_digest: expect.any(String) });
    expect(attributesIn(readings, "v1")).not.toHaveProperty("routes");
  });
});

const renameIn = (interfaces: readonly IpInterface[], names: { readonly [from: string]: string }) =>
  interfaces.map((it) => ({ ...it, name: names[it.name] ?? it.name }));

test.each<[string, { readonly [from: string]: string }, readonly (readonly string[])[]]>([
  ["one interface", { tap0: "tap9" }, [["host/h/if/tap9", "host/h/if/tap0"]]],
  ["two that swap names: both ids stay in use", { v0: "v1", v1: "v0" }, []],
  ["none", {}, []],
])("a rename is told by namespace and ifindex: %s", (_, names, expected) => {
  const after = [reading(1, undefined, renameIn(A, names))];
  expect([...renamedInterfaces("h", [reading(1, undefined, A)], after)]).toEqual(expected);
});

test("an ifindex given to a device of another kind is no rename", () => {
  const after = A.map((it) => (it.name === "tap0" ? { ...it, name: "veth7", infoKind: "veth" } : it));
  expect(renamedInterfaces("h", [reading(1, undefined, A)], [reading(1, undefined, after)]).size).toBe(0);
});

test("a namespace's name is percent-encoded in ids", () => {
  const { nodes } = elementsOf([reading(2, "a/b", B)]);
  expect(nodes[0]?.id).toBe(elementIdOf("host", "c-1", "netns", "a/b"));
});
