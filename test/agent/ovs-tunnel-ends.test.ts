import { describe, expect, test } from "vitest";
import { parseDatabase } from "../../agent/ovs/ovs-rows.ts";
import type { Row } from "../../agent/ovs/ovsdb-value.ts";
import { tunnelElements } from "../../agent/ovs/tunnel-ends.ts";
import { isLink } from "../../core/element.ts";

type Options = Readonly<Record<string, string>>;

const table = (rows: { readonly [uuid: string]: Row }) => new Map(Object.entries(rows));

/** A switch with these tunnel ports, as type and options, and these Neutron ports, as network type and MTU. */
function elementsOf(
  tunnels: readonly (readonly [type: string, options: Options])[],
  { ports = [], externalIds = {} }: { ports?: readonly (readonly [string, number])[]; externalIds?: Options } = {},
) {
  const names = tunnels.map((_, i) => `t${i}`);
  const taps = ports.map((_, i) => `tap${i}`);
  return tunnelElements(
    "h",
    parseDatabase({
      Open_vSwitch: table({ root: { external_ids: externalIds } }),
      Bridge: table({ b: { name: "br-tun", ports: names }, i: { name: "br-int", ports: taps } }),
      Port: table({
        ...Object.fromEntries(names.map((name) => [name, { name, interfaces: name }])),
        ...Object.fromEntries(
          ports.map(([type], i) => [
            `tap${i}`,
            { name: `tap${i}`, interfaces: `tap${i}`, other_config: { network_type: type } },
          ]),
        ),
      }),
      Interface: table({
        ...Object.fromEntries(tunnels.map(([type, options], i) => [`t${i}`, { name: `t${i}`, type, options }])),
        ...Object.fromEntries(ports.map(([, mtu], i) => [`tap${i}`, { name: `tap${i}`, mtu }])),
      }),
    }),
  );
}

const to = (remote: string, local?: string): Options => ({
  remote_ip: remote,
  ...(local === undefined ? {} : { local_ip: local }),
});
const attributesOf = (...args: Parameters<typeof elementsOf>) => elementsOf(...args)[0]?.attributes;

test("a node for each type, linked to the bridges that have such ports", () => {
  const elements = elementsOf([
    ["vxlan", to("10.0.0.3", "10.0.0.1")],
    ["gre", to("10.0.0.2", "10.0.0.1")],
    ["vxlan", to("10.0.0.2", "10.0.0.1")],
    ["patch", { peer: "x" }],
  ]);
  expect(elements.filter((it) => !isLink(it))).toEqual([
    {
      id: "host/h/tunnel/vxlan",
      kind: "vxlan",
      name: "vxlan",
      cluster: "",
      host: "h",
      parent: "host/h",
      attributes: { local_ip: "10.0.0.1", vxlan_port: 4789, peers: ["10.0.0.2", "10.0.0.3"] },
    },
    expect.objectContaining({
      id: "host/h/tunnel/gre",
      attributes: { local_ip: "10.0.0.1", peers: ["10.0.0.2"] },
    }),
  ]);
  expect(elements.filter(isLink).map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual([
    "layer2 host/h/tunnel/vxlan host/h/ovs/br-tun",
    "layer2 host/h/tunnel/gre host/h/ovs/br-tun",
  ]);
});

describe("what is not known of an end is left out", () => {
  test("its address, when it has several", () => {
    expect(
      attributesOf([
        ["vxlan", to("10.0.0.2", "10.0.0.1")],
        ["vxlan", to("10.9.0.2", "10.9.0.1")],
      ])?.local_ip,
    ).toBeUndefined();
  });

  test("peers that the flows name for each packet", () => {
    expect(attributesOf([["geneve", { remote_ip: "flow", dst_port: "6082" }]])).toEqual({ geneve_port: 6082 });
  });

  test("a list of peers that is too long to be told whole, since who is cut off would be missed", () => {
    const many = Array.from(
      { length: 1_001 },
      (_, i) => ["vxlan", to(`10.0.${i >> 8}.${i & 255}`, "10.1.0.1")] as const,
    );
    expect(attributesOf(many)).toEqual({ local_ip: "10.1.0.1", vxlan_port: 4789, peer_count: 1_001 });
    expect(attributesOf(many.slice(1))?.peers).toHaveLength(1_000);
  });
});

test("OVN says the address once for all", () => {
  const said = { externalIds: { "ovn-encap-ip": "10.0.0.7" } };
  expect(attributesOf([["geneve", to("10.0.0.2")]], said)?.local_ip).toBe("10.0.0.7");
});

test("the MTU is the largest of the ports whose network is carried in the tunnel", () => {
  const ports = [
    ["vxlan", 1450],
    ["vxlan", 8950],
    ["vlan", 9000],
  ] as const;
  expect(attributesOf([["vxlan", to("10.0.0.2")]], { ports })?.mtu).toBe(8950);
  expect(attributesOf([["gre", to("10.0.0.2")]], { ports })?.mtu).toBeUndefined();
});

test("an interface of a type called like a member of every object is no tunnel", () => {
  expect(
    elementsOf([
      ["toString", {}],
      ["constructor", {}],
    ]),
  ).toEqual([]);
});
