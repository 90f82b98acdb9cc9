import { describe, expect, test } from "vitest";
import { ovsContribution } from "../../agent/ovs/ovs-elements.ts";
import { parseDatabase } from "../../agent/ovs/ovs-rows.ts";
import type { Row } from "../../agent/ovs/ovsdb-value.ts";
import { parseIpAddr } from "../../agent/topology/ip-json.ts";
import type { NamespaceReading } from "../../agent/topology/namespace.ts";
import { isLink } from "../../core/element.ts";
import { hostId } from "../../core/element-id.ts";

const table = (rows: { readonly [uuid: string]: Row }) => new Map(Object.entries(rows));

/** br-int with a tap, a missing tap, a patch cord to br-tun, a tunnel, an internal port and a bond. */
const DATABASE = parseDatabase({
  Open_vSwitch: table({ root: { ovs_version: "3.1.0", external_ids: { hostname: "c-1" } } }),
  Bridge: table({
    b1: {
      name: "br-int",
      ports: ["p1", "p2", "p3", "p5", "p6"],
      datapath_type: "",
      fail_mode: "secure",
      controller: ["c1"],
    },
    b2: { name: "br-tun", ports: ["p4", "p7", "missing"], datapath_type: "netdev" },
  }),
  Controller: table({ c1: { target: "tcp:127.0.0.1:6633", is_connected: true } }),
  Port: table({
    p1: { name: "tap1", interfaces: "i1", tag: 7, trunks: [2, 3], vlan_mode: "trunk" },
    p2: { name: "tapdead", interfaces: "i2" },
    p3: { name: "patch-tun", interfaces: "i3" },
    p4: { name: "patch-int", interfaces: "i4" },
    p5: { name: "qr-1", interfaces: "i5" },
    p6: { name: "bond0", interfaces: ["i6", "i7"], bond_mode: "balance-tcp", lacp: "active" },
    p7: { name: "vxlan-1", interfaces: "i8" },
  }),
  Interface: table({
    i1: {
      name: "tap1",
      ofport: 1,
      ifindex: 2,
      link_state: "up",
      admin_state: "up",
      external_ids: { "iface-id": "1111", "vm-uuid": "aaaa" },
    },
    i2: { name: "tapdead", ofport: -1, error: "could not open network device tapdead (No such device)" },
    i3: { name: "patch-tun", type: "patch", options: { peer: "patch-int" } },
    i4: { name: "patch-int", type: "patch", options: { peer: "patch-tun" } },
    i5: { name: "qr-1", type: "internal", mac_in_use: "fa:16:3e:00:00:05" },
    i6: { name: "eth0", link_state: "down" },
    i7: { name: "eth1", link_state: "up" },
    i8: { name: "vxlan-1", type: "vxlan", options: { remote_ip: "10.0.0.2", local_ip: "10.0.0.1" } },
  }),
});

const device = (ifindex: number, ifname: string, address: string) => ({
  ifindex,
  ifname,
  address,
  flags: [],
  link_type: "ether",
});
const reading = (inode: number, name: string | undefined, devices: readonly object[]): NamespaceReading => ({
  namespace: { inode, name, heldBy: name === undefined ? "host" : "name", pid: undefined, path: undefined },
  interfaces: parseIpAddr(JSON.stringify(devices)),
  inodeByNsid: new Map(),
});
const HOST = reading(1, undefined, [
  device(2, "tap1", "fe:16:3e:00:00:01"),
  device(3, "eth0", "52:00:00:00:00:01"),
  device(4, "eth1", "52:00:00:00:00:02"),
  device(5, "vxlan-1", "52:00:00:00:00:03"),
  device(6, "patch-tun", "52:00:00:00:00:04"),
]);
const ROUTER = reading(2, "qrouter-1", [
  device(9, "qr-1", "fa:16:3e:00:00:05"),
  device(10, "tap1", "fe:16:3e:00:00:99"),
]);

const linksOf = (readings: readonly NamespaceReading[], vswitchdInode: number | undefined) =>
  ovsContribution("c-1", DATABASE, { readings, vswitchdInode })
    .elements.filter(isLink)
    .map(({ kind, from, to }) => `${kind} ${from} > ${to}`);

test("bridges and ports carry what was configured and what the switch found", () => {
  const contribution = ovsContribution("c-1", DATABASE, { readings: [], vswitchdInode: 1 });
  const elements = new Map(contribution.elements.map((it) => [String(it.id), it]));
  expect(elements.get("host/c-1/ovs/br-int")).toMatchObject({
    kind: "ovs-bridge",
    parent: "host/c-1",
    attributes: {
      datapath_type: "system",
      fail_mode: "secure",
      controllers: ["tcp:127.0.0.1:6633"],
      controller_connected: true,
    },
  });
  expect(elements.get("host/c-1/ovs/br-int/port/tap1")).toEqual({
    id: "host/c-1/ovs/br-int/port/tap1",
    kind: "ovs-port",
    name: "tap1",
    cluster: "",
    host: "c-1",
    parent: "host/c-1/ovs/br-int",
    attributes: {
      type: "system",
      tag: 7,
      trunks: [2, 3],
      vlan_mode: "trunk",
      link_state: "up",
      admin_state: "up",
      ofport: 1,
      ifindex: 2,
      ovs_uuid: "p1",
      "external_ids.iface-id": "1111",
      "external_ids.vm-uuid": "aaaa",
    },
  });
  expect(elements.get("host/c-1/ovs/br-int/port/tapdead")?.attributes.error).toContain("No such device");
  expect(elements.get("host/c-1/ovs/br-tun/port/vxlan-1")?.attributes).toMatchObject({
    type: "vxlan",
    "options.remote_ip": "10.0.0.2",
  });
  expect(elements.get("host/c-1/ovs/br-int/port/bond0")?.attributes).toMatchObject({
    type: "bond",
    bond_mode: "balance-tcp",
    members: ["eth0", "eth1"],
    link_state: "up",
  });
  expect(contribution.attributes.get(hostId("c-1"))).toEqual({
    ovs_version: "3.1.0",
    "ovs_external_ids.hostname": "c-1",
  });
});

test("ports are linked to their bridge, to their devices beside ovs-vswitchd, and patch cords once", () => {
  const links = linksOf([HOST, ROUTER], 1);
  expect(links).toContain("layer2 host/c-1/ovs/br-int/port/tap1 > host/c-1/ovs/br-int");
  expect(
    links
      .filter((link) => !link.endsWith("> host/c-1/ovs/br-int") && !link.endsWith("> host/c-1/ovs/br-tun"))
      .toSorted(),
  ).toEqual([
    "layer2 host/c-1/ovs/br-int/port/bond0 > host/c-1/if/eth0",
    "layer2 host/c-1/ovs/br-int/port/bond0 > host/c-1/if/eth1",
    "layer2 host/c-1/ovs/br-int/port/qr-1 > host/c-1/netns/qrouter-1/if/qr-1",
    "layer2 host/c-1/ovs/br-int/port/tap1 > host/c-1/if/tap1",
    "patch host/c-1/ovs/br-int/port/patch-tun > host/c-1/ovs/br-tun/port/patch-int",
  ]);
});

test("no device is guessed: not a namesake in another namespace, not one of two that fit", () => {
  const elsewhere = linksOf([HOST, ROUTER], 77);
  expect(elsewhere.some((link) => link.endsWith("/if/tap1"))).toBe(false);
  const twin = reading(3, "other", [device(9, "qr-1", "fa:16:3e:00:00:05")]);
  expect(linksOf([HOST, ROUTER, twin], 1).some((link) => link.endsWith("/if/qr-1"))).toBe(false);
});

describe("an internal port whose device the switch lost sight of", () => {
  const database = (externalIds: Readonly<Record<string, string>>) =>
    parseDatabase({
      Bridge: table({ b: { name: "br", ports: ["p"], datapath_type: "netdev" } }),
      Port: table({ p: { name: "qg-1", interfaces: "i" } }),
      Interface: table({ i: { name: "qg-1", type: "internal", external_ids: externalIds } }),
    });
  const tap = (address: string) => ({
    ...device(4, "qg-1", address),
    linkinfo: { info_kind: "tun", info_data: { type: "tap" } },
  });
  const veth = { ...device(4, "qg-1", "52:00:00:00:00:01"), linkinfo: { info_kind: "veth" } };
  const [here, router] = [reading(1, undefined, []), reading(2, "qrouter-1", [tap("52:00:00:00:00:01")])];
  const deviceOf = (readings: readonly NamespaceReading[], externalIds = {}) =>
    ovsContribution("c", database(externalIds), { readings, vswitchdInode: 1 })
      .elements.filter(isLink)
      .map(({ to }) => to)
      .find((to) => to.endsWith("/if/qg-1"));

  test("is linked to the only device of its name that can be one", () => {
    expect(deviceOf([here, router])).toBe("host/c/netns/qrouter-1/if/qg-1");
  });

  test.each<[string, readonly NamespaceReading[], Readonly<Record<string, string>>]>([
    ["a device of another kind", [here, reading(2, "other", [veth])], {}],
    ["one of two", [here, router, reading(3, "other", [tap("52:00:00:00:00:02")])], {}],
    ["one whose address is not the one Neutron gave", [here, router], { "attached-mac": "fa:16:3e:00:00:01" }],
  ])("is not linked to %s", (_, readings, externalIds) => {
    expect(deviceOf(readings, externalIds)).toBeUndefined();
  });
});

test("the key of an IPsec tunnel stays on the host", () => {
  const options = { remote_ip: "10.0.0.2", psk: "s3cr3t" };
  const database = parseDatabase({
    Open_vSwitch: table({ root: { external_ids: { proxy: "http://u:s3cr3t@proxy" } } }),
    Bridge: table({ b: { name: "br-tun", ports: "p" } }),
    Port: table({ p: { name: "ipsec0", interfaces: "i" } }),
    Interface: table({ i: { name: "ipsec0", type: "vxlan", options } }),
  });
  const told = ovsContribution("c-1", database, { readings: [], vswitchdInode: undefined });
  expect(JSON.stringify([told.elements, [...told.attributes]])).not.toContain("s3cr3t");
});
