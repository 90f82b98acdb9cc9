import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Element } from "../../core/element.ts";
import { elementIdOf } from "../../core/element-id.ts";
import { HashMultimap } from "../../topology/graph/hash-multimap.ts";
import { IntegerSet } from "../../topology/graph/integer-set.ts";
import { identifiersOf } from "../../topology/identifiers.ts";
import { LiveGraph } from "../../topology/live-graph.ts";
import { diff } from "../../topology/model/change.ts";
import { HOSTS, topologyArbitrary } from "./arbitrary.ts";

const steps = fc.array(fc.record({ isAdd: fc.boolean(), key: fc.nat(5), value: fc.nat(60) }), { maxLength: 300 });
const sorted = (numbers: Iterable<number>) => [...numbers].sort((left, right) => left - right);

describe("compact collections", () => {
  test("a set of integers holds what a Set holds", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const [compact, oracle] = [new IntegerSet(), new Set<number>()];
        for (const { isAdd, value } of list) {
          if (isAdd) [compact.add(value), oracle.add(value)];
          else [compact.delete(value), oracle.delete(value)];
          expect(compact.has(value)).toBe(isAdd);
        }
        expect(compact.size).toBe(oracle.size);
        expect(sorted(compact)).toEqual(sorted(oracle));
      }),
    );
  });

  test("a multimap holds what a Map of Sets holds, with few entries and with many", () => {
    // Neighbouring hashes collide in their places; 2³² − 1 lies in the last shard and wraps around.
    const hashOf = (key: number) => (key < 4 ? 16 + key : 0xffffffff - key);
    fc.assert(
      fc.property(steps, (list) => {
        const compact = new HashMultimap();
        const oracle = new Map<number, Set<number>>();
        for (const { isAdd, key, value } of list) {
          const values = oracle.get(hashOf(key)) ?? new Set<number>();
          oracle.set(hashOf(key), values);
          if (isAdd && !values.has(value)) compact.add(hashOf(key), value);
          else if (!isAdd) compact.delete(hashOf(key), value);
          if (isAdd) values.add(value);
          else values.delete(value);
        }
        for (const [hash, values] of oracle) {
          expect(sorted(compact.valuesOf(hash))).toEqual(sorted(values));
          expect(compact.find(hash, (value) => value === 7)).toBe(values.has(7) ? 7 : -1);
        }
      }),
    );
  });
});

describe("looking up", () => {
  test("every identifier and beginning of a name finds, after any change, who has it and nobody else", () => {
    fc.assert(
      fc.property(topologyArbitrary, topologyArbitrary, (a, b) => {
        const graph = new LiveGraph(a.values());
        graph.apply(diff(a, b));
        const elements = [...b.values()];
        const tokens = new Set([...a.values(), ...elements].flatMap(identifiersOf));
        for (const token of tokens) {
          const expected = elements.filter((element) => identifiersOf(element).includes(token));
          expect(idsOf(graph.withIdentifier(token))).toEqual(idsOf(expected));
        }
        for (const prefix of ["", "x", "X", "eth", "none"]) {
          const expected = elements.filter((it) => "name" in it && it.name.startsWith(prefix.toLowerCase()));
          expect(idsOf(graph.withName(prefix))).toEqual(idsOf(expected));
        }
        for (const host of HOSTS) {
          const expected = elements.filter((element) => "host" in element && element.host === host);
          expect([...graph.onHost(host)].sort()).toEqual(idsOf(expected));
        }
      }),
    );
  });

  test("a long beginning of a name is found among names that share an indexed beginning", () => {
    const names = ["production-web-0001", "production-web-0002", "production-db-0001"];
    const graph = new LiveGraph(
      names.map((name) => ({ id: elementIdOf("vm", name), kind: "vm", name, cluster: "c", attributes: {} })),
    );
    expect(idsOf(graph.withName("production-web-0"))).toEqual(["vm/production-web-0001", "vm/production-web-0002"]);
    expect(idsOf(graph.withName("production-web-0002"))).toEqual(["vm/production-web-0002"]);
  });
});

function idsOf(elements: Iterable<Element>): readonly string[] {
  return Array.from(elements, ({ id }) => id).sort();
}
