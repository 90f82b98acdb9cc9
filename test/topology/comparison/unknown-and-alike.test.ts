import { describe, expect, test } from "vitest";
import type { Element } from "../../../core/element.ts";
import { agentId, hostId, interfaceId, ovsBridgeId } from "../../../core/element-id.ts";
import { causes, compared, host, node, onlyGroup, rackId, withAttributes } from "./cloud.ts";

const hosts = [...host("a"), ...host("b")];

describe("an agent that is silent", () => {
  const silent = (name: string): Element[] =>
    host(name).map((element) =>
      element.id === agentId(name) ? { ...element, attributes: { session: "silent" } } : element,
    );

  test("makes what is missing unknown, never removed, in one row with its own turning silent", () => {
    const after = [...silent("a").filter(({ kind }) => kind !== "nic" && kind !== "layer2"), ...host("b")];
    const comparison = compared(hosts, after, { silent: { from: new Set(), to: new Set(["a"]) } });
    expect(comparison.removed).toEqual([]);
    expect(comparison.unknown.map(({ id }) => id).sort()).toEqual(
      ["host/a/if/eth0", "host/a/ovs/br-int/layer2/if%2Feth0"].sort(),
    );
    expect(onlyGroup(comparison)).toMatchObject({ cause: { kind: "silent", host: "a" } });
  });

  test("at the earlier moment too, unless its host is known to be gone since", () => {
    const options = { silent: { from: new Set(["a"]), to: new Set<string>() } };
    const less = hosts.filter(({ id }) => id !== interfaceId("a", undefined, "eth0"));
    expect(compared(hosts, less, options)).toMatchObject({ removed: [], unknown: [{ id: "host/a/if/eth0" }] });
    expect(causes(compared(hosts, host("b"), options))).toEqual([["gone", 5]]);
  });

  test("does not touch what is missing elsewhere", () => {
    const options = { silent: { from: new Set<string>(), to: new Set(["a"]) } };
    const less = hosts.filter(({ id }) => id !== interfaceId("b", undefined, "eth0"));
    expect(compared(hosts, less, options)).toMatchObject({ removed: [{ id: "host/b/if/eth0" }], unknown: [] });
  });
});

describe("the same change on many elements is one row", () => {
  const many = ["a", "b", "c"].flatMap((name) => host(name));
  const nicOf = (name: string) => interfaceId(name, undefined, "eth0");

  test("with the attribute before and after", () => {
    const after = ["a", "b", "c"].reduce(
      (all, name) => withAttributes(all, nicOf(name), { mtu: 9000 }),
      many as readonly Element[],
    );
    const group = onlyGroup(compared(many, after));
    expect(group.members).toHaveLength(3);
    expect(group.cause).toEqual({
      kind: "changed",
      kinds: ["nic"],
      deltas: [{ kind: "value", name: "mtu", before: 1500, after: 9000 }],
    });
  });

  test("but an element that changed something else as well is its own", () => {
    const wide = ["a", "b"].reduce(
      (all, name) => withAttributes(all, nicOf(name), { mtu: 9000 }),
      many as readonly Element[],
    );
    const after = withAttributes(wide, nicOf("c"), { mtu: 9000, alias: "uplink" });
    expect(causes(compared(many, after))).toEqual([
      ["changed", 2],
      ["changed", 1],
    ]);
  });

  test("a peer that left every list of peers is one row", () => {
    const tunnel = (name: string, peers: readonly string[]) =>
      node({
        id: interfaceId(name, undefined, "vxlan"),
        kind: "vxlan",
        name: "vxlan",
        host: name,
        attributes: { peers },
      });
    const before = [tunnel("a", ["2", "3"]), tunnel("b", ["1", "3"]), tunnel("c", ["1", "2", "3"])];
    const after = [tunnel("a", ["2"]), tunnel("b", ["1"]), tunnel("c", ["1", "2"])];
    const group = onlyGroup(compared(before, after));
    expect(group.cause).toMatchObject({ deltas: [{ kind: "list", name: "peers", lost: ["3"], gained: [] }] });
    expect(group.members).toHaveLength(3);
  });

  test("a new bridge on every host, and hosts that went to another rack", () => {
    const bridge = (name: string) =>
      node({ id: ovsBridgeId(name, "br-ex"), kind: "ovs-bridge", name: "br-ex", host: name, parent: hostId(name) });
    const added = onlyGroup(compared(many, [...many, bridge("a"), bridge("b"), bridge("c")]));
    expect(added.cause).toMatchObject({
      kind: "appeared",
      roots: ["a", "b", "c"].map((name) => ovsBridgeId(name, "br-ex")),
    });
    const elsewhere = [...host("a"), ...host("b", "k2"), ...host("c", "k2")];
    expect(onlyGroup(compared(many, elsewhere)).cause).toMatchObject({
      kind: "moved",
      roots: [hostId("b"), hostId("c")],
      from: rackId("k1"),
      to: rackId("k2"),
    });
  });
});
