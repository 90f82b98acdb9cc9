import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Element, Node } from "../../core/element.ts";
import { agentId, type ElementId, elementIdOf } from "../../core/element-id.ts";
import { changedId, diff } from "../../topology/model/change.ts";
import type { CountDelta, PlaceCounts } from "../../topology/model/place-counts.ts";
import type { Topology } from "../../topology/model/topology.ts";
import { addCount, countersOf, countsOf, PlaceTally, UNPLACED } from "../../topology/place-counts.ts";
import { hostNode, nic } from "./arbitrary.ts";
import { cloudArbitrary, cloudHistoryArbitrary } from "./cloud.ts";

type Step = readonly [Element | undefined, Element | undefined];

const steps = (before: Topology, after: Topology): readonly Step[] => {
  const ids = new Set(diff(before, after).map(changedId));
  return [...ids].map((id) => [before.get(id), after.get(id)]);
};
const sum = (deltas: readonly CountDelta[]): PlaceCounts => {
  const counts = new Map<ElementId, Record<string, number>>();
  for (const delta of deltas) addCount(counts, delta);
  return counts;
};
const plain = (counts: PlaceCounts) => Object.fromEntries([...counts].sort());

describe("what is counted", () => {
  const agent: Node = { ...hostNode("a"), id: agentId("a"), kind: "agent" };
  test.each<readonly [string, Element, readonly string[]]>([
    [
      "an interface that should be up and is not",
      nic("a", "e", { operstate: "down", admin_up: true }),
      ["nic", "down"],
    ],
    ["an interface somebody has put down", nic("a", "e", { operstate: "down", admin_up: false }), ["nic"]],
    ["an interface that is up", nic("a", "e", { operstate: "up" }), ["nic"]],
    ["a silent agent", { ...agent, attributes: { session: "silent" } }, ["agent", "silent"]],
    ["a connected agent", { ...agent, attributes: { session: "connected" } }, ["agent"]],
    ["a place", { ...agent, id: elementIdOf("region", "r"), kind: "region" }, []],
  ])("%s", (_name, element, counters) => expect(countersOf(element)).toEqual(counters));
});

describe("the counters of places", () => {
  test("kept change by change, in any history, they are what would be counted anew", () => {
    fc.assert(
      fc.property(cloudHistoryArbitrary, (states) => {
        const tally = new PlaceTally();
        const deltas: CountDelta[] = [];
        let before: Topology = new Map();
        for (const after of states) {
          const changed = tally.count(steps(before, after));
          expect(changed.every(({ delta }) => delta !== 0)).toBe(true);
          deltas.push(...changed);
          tally.keep();
          before = after;
          expect(plain(tally.counts())).toEqual(plain(byHand(after)));
          expect(plain(countsOf([...after.values()]))).toEqual(plain(byHand(after)));
        }
        expect(plain(sum(deltas))).toEqual(plain(byHand(before)));
      }),
    );
  });

  test("what is rolled back was never counted", () => {
    fc.assert(
      fc.property(cloudArbitrary, cloudArbitrary, cloudArbitrary, (a, b, c) => {
        const tally = new PlaceTally();
        tally.load(a.values());
        tally.count(steps(a, b));
        tally.count(steps(b, c));
        tally.rollBack();
        expect(plain(tally.counts())).toEqual(plain(byHand(a)));
      }),
    );
  });
});

/** Element by element, with no memory. */
function byHand(state: Topology): PlaceCounts {
  const counts = new Map<ElementId, Record<string, number>>();
  for (const element of state.values()) {
    if ("from" in element) continue;
    const host = state.get(elementIdOf("host", element.host ?? "-"));
    const parent = host !== undefined && "parent" in host ? host.parent : undefined;
    const place = parent?.startsWith("region/") === true ? parent : UNPLACED;
    for (const counter of countersOf(element)) addCount(counts, { place, counter, delta: 1 });
  }
  return counts;
}
