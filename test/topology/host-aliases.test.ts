import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Attributes, Element, Node } from "../../core/element.ts";
import { elementIdOf } from "../../core/element-id.ts";
import { HostAliases } from "../../topology/host-aliases.ts";
import { diff } from "../../topology/model/change.ts";
import { type Topology, topologyOf } from "../../topology/model/topology.ts";
import { hostNode } from "./arbitrary.ts";

function vm(id: string, host: string | undefined): Node {
  return { id: elementIdOf("vm", id), kind: "vm", name: id, cluster: "c", host, attributes: {} };
}

function port(id: string, attributes: Attributes): Node {
  return { id: elementIdOf("neutron", "port", id), kind: "port", name: id, cluster: "c", attributes };
}

function speaker(host: string, attributes: Attributes): Node {
  return { ...hostNode(host, attributes), id: elementIdOf("host", host, "bgp", "1"), kind: "bgp-speaker" };
}

const tableOf = (elements: Iterable<Element>) => {
  const table = new HostAliases();
  table.load(elements);
  return table;
};

describe("the names of a host", () => {
  const hosts = [
    hostNode("c-1", { fqdn: "c-1.a.example", nova_host: "nova-compute-1" }),
    hostNode("c-2.a.example"),
    hostNode("c-3.a.example"),
    hostNode("c-3.b.example"),
    speaker("c-1", { bgp_hostname: "leaf-facing-1" }),
    hostNode("10.0.0.7"),
  ];
  test.each([
    ["the agent's own", "c-1", "c-1"],
    ["without regard to case", "C-1.A.Example", "c-1"],
    ["Nova's", "nova-compute-1", "c-1"],
    ["BGP's", "leaf-facing-1", "c-1"],
    ["short where the agent says it long", "c-2", "c-2.a.example"],
    ["long where the agent says it short", "c-1.elsewhere.example", "c-1"],
    ["long where two have the short one", "c-3.b.example", "c-3.b.example"],
    ["short where two have it", "c-3", undefined],
    ["unknown", "c-9", undefined],
    ["an address is no name with a domain", "10.9.9.9", undefined],
  ])("%s: %s", (_what, name, host) => expect(tableOf(hosts).resolve(name)).toBe(host));

  test("a name that leads to no host is a finding with who says it and why", () => {
    const said = [vm("v1", "c-9"), vm("v2", "c-9"), port("p1", { binding_host: "C-3" }), vm("v3", "c-1")];
    expect(tableOf([...hosts, ...said]).unresolved()).toEqual([
      { name: "c-9", reason: "unknown", saidBy: ["vm/v1", "vm/v2"] },
      { name: "c-3", reason: "ambiguous", saidBy: ["neutron/port/p1"] },
    ]);
  });
});

test("kept change by change, the table is what it would be anew", () => {
  const name = fc.constantFrom("a", "b", "a.x", "a.y", "b.x");
  const element = fc.oneof(
    fc.tuple(name, name).map(([host, fqdn]): Element => hostNode(host, { fqdn })),
    fc.tuple(name, name).map(([host, bgp]): Element => speaker(host, { bgp_hostname: bgp })),
    fc.tuple(fc.constantFrom("1", "2"), name).map(([id, host]): Element => vm(id, host)),
    fc.tuple(fc.constantFrom("1", "2"), name).map(([id, host]): Element => port(id, { binding_host: host })),
  );
  const state = fc.array(element, { maxLength: 8 }).map(topologyOf);
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 5 }), (states) => {
      const table = new HostAliases();
      let before: Topology = new Map();
      for (const after of states) {
        const ids = new Set(diff(before, after).map((change) => ("id" in change ? change.id : change.element.id)));
        for (const id of ids) table.change(before.get(id), after.get(id));
        before = after;
        const anew = tableOf(after.values());
        for (const said of ["a", "b", "a.x", "a.y", "b.x", "b.q"]) expect(table.resolve(said)).toBe(anew.resolve(said));
        const findings = (them: HostAliases) =>
          them
            .unresolved()
            .map((it) => JSON.stringify([it.name, it.reason, [...it.saidBy].sort()]))
            .sort();
        expect(findings(table)).toEqual(findings(anew));
      }
    }),
  );
});
