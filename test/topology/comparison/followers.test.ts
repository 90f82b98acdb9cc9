import { expect, test } from "vitest";
import type { Element } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, ovsBridgeId, ovsPortId } from "../../../core/element-id.ts";
import { causes, compared, host, node, onlyGroup, uuidOf, vm, withAttributes } from "./cloud.ts";

const portOn = (index: number, on: string) => ovsPortId(on, "br-int", `tap${uuidOf("b", index).slice(0, 11)}`);

/** A machine whose Open vSwitch port says which network it is in. */
function networked(index: number, on: string, network: { type: string; segment: number }): readonly Element[] {
  return withAttributes(vm(index, on), portOn(index, on), {
    "external_ids.iface-id": uuidOf("b", index),
    "external_ids.vm-uuid": uuidOf("a", index),
    "other_config.network_type": network.type,
    "other_config.segmentation_id": String(network.segment),
  });
}

const vni = (on: string, number: number): Element =>
  node({
    id: elementIdOf("host", on, "vni", String(number)),
    kind: "vni",
    name: String(number),
    host: on,
    parent: hostId(on),
    attributes: { vni: number },
  });

const HOSTS = [...host("h1"), ...host("h2")];

test.each(["vxlan", "geneve"])("the VNI of a %s network moves with its only machine: one group", (type) => {
  const at = (on: string) => [...HOSTS, ...networked(1, on, { type, segment: 7 }), vni(on, 7)];
  const { cause, members } = onlyGroup(compared(at("h1"), at("h2")));
  expect(cause).toMatchObject({ kind: "moved", roots: [elementIdOf("vm", uuidOf("a", 1))] });
  expect(members.map(({ id }) => id)).toEqual(expect.arrayContaining([vni("h1", 7).id, vni("h2", 7).id]));
});

test("a VNI comes with the first machine of its network, and goes with the last", () => {
  const with1 = [...HOSTS, ...networked(1, "h1", { type: "vxlan", segment: 7 }), vni("h1", 7)];
  expect(onlyGroup(compared(HOSTS, with1)).cause.kind).toBe("appeared");
  expect(onlyGroup(compared(with1, HOSTS)).cause.kind).toBe("gone");
});

test.each([
  ["of another network", { type: "vxlan", segment: 8 }],
  ["whose number is a machine's VLAN", { type: "vlan", segment: 7 }],
])("a VNI %s is a group of its own", (_, network) => {
  const at = (on: string) => [...HOSTS, ...networked(1, on, network), vni(on, 7)];
  expect(causes(compared(at("h1"), at("h2"))).map(([kind]) => kind)).toEqual(["gone", "moved", "appeared"]);
});

const nicsOf = (hosts: readonly string[], attributes: (index: number) => Element["attributes"]): readonly Element[] =>
  hosts.map((on, index) =>
    node({
      id: interfaceId(on, undefined, "eth1"),
      kind: "nic",
      name: "eth1",
      host: on,
      parent: ovsBridgeId(on, "br-int"),
      attributes: attributes(index),
    }),
  );

const RACK = ["h1", "h2", "h3"];
const linked = nicsOf(RACK, (index) => ({ operstate: "up", lldp_neighbour: `tor/Ethernet${index}` }));
const unlinked = nicsOf(RACK, () => ({ operstate: "down" }));

test.each([
  ["down", linked, unlinked],
  ["up", unlinked, linked],
])(
  "links that go %s together are one group, whichever switch port each was at; folding hides nothing",
  (_, from, to) => {
    const { cause, members, besides } = onlyGroup(compared(from, to));
    expect(cause).toMatchObject({ kind: "changed", deltas: [{ name: "operstate" }] });
    expect(members).toHaveLength(3);
    expect(besides).toEqual(members.map(({ id }) => ({ id, names: ["lldp_neighbour"] })));
  },
);

test("who hears another neighbour than before is told apart", () => {
  const recabled = nicsOf(RACK, (index) => ({ operstate: "up", lldp_neighbour: `other/Ethernet${index}` }));
  expect(compared(linked, recabled).groups).toHaveLength(3);
});
