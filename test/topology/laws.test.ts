import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addToDigest, digestText, EMPTY_DIGEST } from "../../core/digest.ts";
import { type Element, isLink } from "../../core/element.ts";
import { LiveGraph } from "../../topology/live-graph.ts";
import { apply, diff, invert, withoutVolatile } from "../../topology/model/change.ts";
import type { Topology } from "../../topology/model/topology.ts";
import { HOSTS, topologyArbitrary } from "./arbitrary.ts";

/** A topology as it is compared: without volatile attributes, undefined members left out. */
function versioned(topology: Topology): unknown {
  const elements = [...topology.values()].map((element) => JSON.parse(JSON.stringify(withoutVolatile(element))));
  return elements.sort((left: Element, right: Element) => (left.id < right.id ? -1 : 1));
}

describe("laws of change", () => {
  test("what diff finds, apply does", () => {
    fc.assert(
      fc.property(topologyArbitrary, topologyArbitrary, (a, b) => {
        expect(versioned(apply(a, diff(a, b)))).toEqual(versioned(b));
      }),
    );
  });

  test("nothing differs from itself, nor from itself with other volatile attributes", () => {
    fc.assert(
      fc.property(topologyArbitrary, fc.integer({ min: 4, max: 9 }), (a, ifindex) => {
        const later = new Map(
          Array.from(a, ([id, element]) => [id, { ...element, attributes: { ...element.attributes, ifindex } }]),
        );
        expect(diff(a, a)).toEqual([]);
        expect(diff(a, later)).toEqual([]);
      }),
    );
  });

  test("inverted changes lead back", () => {
    fc.assert(
      fc.property(topologyArbitrary, topologyArbitrary, (a, b) => {
        const there = diff(a, b);
        expect(versioned(apply(apply(a, there), invert(there)))).toEqual(versioned(a));
        expect(versioned(apply(b, invert(there)))).toEqual(versioned(a));
      }),
    );
  });
});

describe("the live graph", () => {
  test("applies changes as the oracle does, volatile attributes included", () => {
    fc.assert(
      fc.property(topologyArbitrary, topologyArbitrary, (a, b) => {
        const graph = new LiveGraph(a.values());
        const changes = diff(a, b);
        graph.apply(changes);
        expect(graph.toTopology()).toEqual(apply(a, changes));
        graph.apply(invert(changes));
        expect(graph.toTopology()).toEqual(apply(apply(a, changes), invert(changes)));
      }),
    );
  });

  test("keeps indexes and digests as if built anew", () => {
    fc.assert(
      fc.property(topologyArbitrary, topologyArbitrary, (a, b) => {
        const graph = new LiveGraph(a.values());
        for (const host of HOSTS) graph.digestOf(host);
        graph.apply(diff(a, b));
        const elements = [...graph.elements()];
        for (const host of HOSTS) {
          const own = elements.filter((element) => element.id.startsWith(`host/${host}/`));
          expect([...graph.ownedBy({ kind: "agent", host })].sort()).toEqual(own.map((element) => element.id).sort());
          expect(graph.digestOf(host)).toBe(digestText(own.reduce(addToDigest, EMPTY_DIGEST)));
        }
        const fresh = new LiveGraph(elements);
        for (const { id, kind } of elements) {
          expect([...graph.childrenOf(id)].sort()).toEqual([...fresh.childrenOf(id)].sort());
          expect(linkIds(graph, id)).toEqual(linkIds(fresh, id));
          expect([...graph.ofKind(kind)].sort()).toEqual([...fresh.ofKind(kind)].sort());
        }
        const parents = new Set(elements.flatMap((element) => (isLink(element) ? [] : (element.parent ?? []))));
        for (const id of parents) expect([...graph.childrenOf(id)].sort()).toEqual([...fresh.childrenOf(id)].sort());
      }),
    );
  });

  test("a volatile attribute is put without changing the digest, and what it returns does the same elsewhere", () => {
    fc.assert(
      fc.property(topologyArbitrary, fc.integer({ min: 1, max: 3 }), (a, ifindex) => {
        const graph = new LiveGraph(a.values());
        for (const host of HOSTS) graph.digestOf(host);
        for (const element of a.values()) {
          const before = new Map(graph.toTopology());
          const change = graph.putVolatile(element.id, { ifindex, mtu: 1 });
          const wanted = { ...element.attributes, ifindex };
          expect(graph.get(element.id)?.attributes).toEqual(wanted);
          expect(graph.toTopology()).toEqual(change === undefined ? before : apply(before, [change]));
          expect(change === undefined).toBe(element.attributes.ifindex === ifindex);
        }
        const anew = new LiveGraph(a.values());
        for (const host of HOSTS) expect(graph.digestOf(host)).toBe(anew.digestOf(host));
      }),
    );
  });
});

function linkIds(graph: LiveGraph, id: Element["id"]): readonly string[] {
  return Array.from(graph.linksAt(id), (link) => link.id).sort();
}
