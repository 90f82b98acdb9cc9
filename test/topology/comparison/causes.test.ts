import { describe, expect, test } from "vitest";
import { type Element, linkOf } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, netnsId, ovsBridgeId } from "../../../core/element-id.ts";
import {
  causes,
  compared,
  host,
  node,
  onlyGroup,
  rackId,
  rackNode,
  routerNamespace,
  uuidOf,
  vm,
  vmInOpenStack,
  vmOnHost,
  withAttributes,
} from "./cloud.ts";

const hosts = [...host("a"), ...host("b")];

describe("a VM that migrated is one row", () => {
  const before = [...hosts, ...vm(1, "a")];
  const after = [...hosts, ...vm(1, "b")];

  test("from its host to the other, with all that belongs to it on both", () => {
    const group = onlyGroup(compared(before, after));
    expect(group).toMatchObject({
      cause: {
        kind: "moved",
        subject: { kind: "vm", name: "web-1" },
        roots: [`vm/${uuidOf("a", 1)}`],
        from: hostId("a"),
        to: hostId("b"),
      },
      besides: [],
    });
    expect(group.members).toHaveLength(8);
  });

  test("and what is the same thing on the other host is neither added nor removed", () => {
    const { added, removed, updated, moved } = compared(before, after);
    expect([added, removed]).toEqual([[], []]);
    expect(updated.map(({ id }) => id)).toEqual([`neutron/port/${uuidOf("b", 1)}`]);
    expect(moved.map(({ subject }) => subject.kind).sort()).toEqual(
      ["attached", "domain", "implements", "layer2", "ovs-port", "tap", "vm"].sort(),
    );
  });

  test("when only the agents tell, by its domain", () => {
    const group = onlyGroup(compared([...hosts, ...vmOnHost(1, "a")], [...hosts, ...vmOnHost(1, "b")]));
    expect(group.cause).toMatchObject({ kind: "moved", subject: { kind: "domain", name: "instance-1" } });
    expect(group.members).toHaveLength(6);
  });

  test("when devices name no VM, by what they are attached to", () => {
    const bare = (name: string) =>
      [...vmOnHost(1, name), ...vmInOpenStack(1, name)].flatMap((element): Element[] => {
        if (element.kind === "domain") return [];
        const { id } = element;
        if (element.kind === "attached") return [linkOf("attached", element.from, elementIdOf("vm", uuidOf("a", 1)))];
        return [element.kind === "ovs-port" ? { ...element, id, attributes: {} } : element];
      });
    const group = onlyGroup(compared([...hosts, ...bare("a")], [...hosts, ...bare("b")]));
    expect(group.members).toHaveLength(7);
  });

  test("with what the other host lacks or has besides", () => {
    const tap = interfaceId("b", undefined, `tap${uuidOf("b", 1).slice(0, 11)}`);
    const lost = after.filter(
      (element) => element.id !== tap && !("to" in element && [element.from, element.to].includes(tap)),
    );
    expect(causes(compared(before, lost))).toEqual([["moved", 8]]);
  });

  test("but another attribute that changed on the way is named", () => {
    const resized = [...hosts, ...vmOnHost(1, "b"), ...vmInOpenStack(1, "b", { flavor: "large" })];
    expect(onlyGroup(compared(before, resized)).besides).toEqual([{ id: `vm/${uuidOf("a", 1)}`, names: ["flavor"] }]);
  });

  test("and what other VMs and the hosts themselves did stays apart", () => {
    const more = withAttributes([...after, ...vm(2, "b")], hostId("b"), { kernel: "6.2" });
    expect(causes(compared(before, more))).toEqual([
      ["moved", 8],
      ["appeared", 8],
      ["changed", 1],
    ]);
  });

  test("several at once are several rows, back again is none", () => {
    const both = [...hosts, ...vm(1, "b"), ...vm(2, "a")];
    expect(causes(compared([...before, ...vm(2, "b")], both))).toEqual([
      ["moved", 8],
      ["moved", 8],
    ]);
    expect(compared(before, before).groups).toEqual([]);
  });

  test("when its host went meanwhile, apart from the host", () => {
    const evacuated = [...host("b"), ...vm(1, "b")];
    const groups = compared([...before, ...vm(3, "a")], evacuated);
    expect(causes(groups)).toEqual([
      ["gone", 8],
      ["gone", 5],
      ["moved", 8],
    ]);
  });
});

describe("what moved otherwise is one row", () => {
  test("a router's namespace on another host, with its devices and ports", () => {
    const group = onlyGroup(compared([...hosts, ...routerNamespace(1, "a")], [...hosts, ...routerNamespace(1, "b")]));
    expect(group.cause).toMatchObject({
      kind: "moved",
      subject: { kind: "netns" },
      from: hostId("a"),
      to: hostId("b"),
    });
    expect(group.members).toHaveLength(5);
  });

  test("an interface that went into a namespace, with its links", () => {
    const nic = (netns: string | undefined) =>
      node({
        id: interfaceId("a", netns, "veth7"),
        kind: "veth",
        name: "veth7",
        host: "a",
        parent: netns === undefined ? hostId("a") : netnsId("a", netns),
        attributes: { mac: "02:00:00:00:00:07" },
      });
    const bridge = ovsBridgeId("a", "br-int");
    const [outside, inside] = [nic(undefined), nic("blue")];
    const group = onlyGroup(
      compared(
        [...hosts, outside, linkOf("layer2", bridge, outside.id)],
        [...hosts, inside, linkOf("layer2", bridge, inside.id)],
      ),
    );
    expect(group.cause).toMatchObject({ from: hostId("a"), to: netnsId("a", "blue"), roots: [inside.id] });
    expect(group.members).toHaveLength(2);
  });

  test("but two namespaces that people call the same on two hosts are two things", () => {
    const blue = (name: string) => node({ id: netnsId(name, "blue"), kind: "netns", name: "blue", host: name });
    expect(causes(compared([...hosts, blue("a")], [...hosts, blue("b")]))).toEqual([
      ["gone", 1],
      ["appeared", 1],
    ]);
  });

  test("and nothing is guessed where two could be meant", () => {
    const before = [...hosts, ...host("c"), ...routerNamespace(1, "a"), ...routerNamespace(1, "c")];
    const after = [...hosts, ...host("c"), ...routerNamespace(1, "b")];
    expect(compared(before, after).moved).toEqual([]);
  });
});

describe("what went with something is one row with it", () => {
  const racks = [rackNode("k1"), rackNode("k2")];

  test("all of a host", () => {
    const group = onlyGroup(compared([...racks, ...hosts], [...racks, ...host("b")]));
    expect(group.cause).toMatchObject({ kind: "gone", subject: { kind: "host", name: "a" }, roots: ["host/a"] });
    expect(group.members).toHaveLength(5);
  });

  test("all hosts of a rack", () => {
    const before = [...racks, ...host("a"), ...host("b"), ...host("c", "k2")];
    const after = [rackNode("k2"), ...host("c", "k2")];
    const group = onlyGroup(compared(before, after));
    expect(group.cause).toMatchObject({ kind: "gone", subject: { kind: "rack" }, roots: [rackId("k1")] });
    expect(group.members).toHaveLength(11);
  });

  test("a bridge's ports and links, a namespace's interfaces, and the other way round", () => {
    const before = [...hosts, ...routerNamespace(1, "a")];
    expect(causes(compared(before, hosts))).toEqual([
      ["gone", 3],
      ["gone", 2],
    ]);
    expect(causes(compared(hosts, before))).toEqual([
      ["appeared", 3],
      ["appeared", 2],
    ]);
  });

  test("a deleted VM with its domain, devices, ports and links", () => {
    const group = onlyGroup(compared([...hosts, ...vm(1, "a")], hosts));
    expect(group.cause).toMatchObject({ kind: "gone", subject: { kind: "vm", name: "web-1" } });
    expect(group.members).toHaveLength(8);
  });

  test("but an attribute on another host never", () => {
    const after = withAttributes(host("b"), interfaceId("b", undefined, "eth0"), { mtu: 9000 });
    expect(causes(compared(hosts, after))).toEqual([
      ["gone", 5],
      ["changed", 1],
    ]);
  });

  test("a link from elsewhere to what went goes with it, a link of what stayed is its own", () => {
    const uplink = linkOf("layer2", elementIdOf("switch", "s1", "port", "1"), interfaceId("a", undefined, "eth0"));
    const other = linkOf("layer2", elementIdOf("switch", "s1", "port", "2"), interfaceId("b", undefined, "eth0"));
    expect(causes(compared([...hosts, uplink, other], host("b")))).toEqual([
      ["gone", 6],
      ["gone", 1],
    ]);
  });

  test("parents in a circle come to an end", () => {
    const ring = ["x", "y"].map((name, index) =>
      node({
        id: elementIdOf("switch", name),
        kind: "switch",
        name,
        parent: elementIdOf("switch", index === 0 ? "y" : "x"),
      }),
    );
    expect(compared(ring, []).removed).toHaveLength(2);
  });
});
