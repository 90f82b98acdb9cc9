import { describe, expect, test } from "vitest";
import type { Element } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId } from "../../core/element-id.ts";
import { compare } from "../../topology/model/comparison.ts";
import { topologyOf } from "../../topology/model/topology.ts";
import { nic } from "./arbitrary.ts";

const compared = (
  before: readonly Element[],
  after: readonly Element[],
  {
    renames = [],
    ignore = [],
  }: { renames?: readonly (readonly [ElementId, ElementId])[]; ignore?: readonly string[] } = {},
) =>
  compare({
    before: topologyOf(before),
    after: topologyOf(after),
    renames: new Map(renames),
    ignore: new Set(ignore),
  });

const [a, b, c] = [nic("h", "a"), nic("h", "b"), nic("h", "c")];
const EMPTY = { added: [], removed: [], updated: [], moved: [] };

describe("a rename", () => {
  test("is one added row with the old id, which is not among the removed", () => {
    const rows = compared([a], [b], { renames: [[b.id, a.id]] });
    expect(rows).toEqual({ ...EMPTY, added: [{ element: b, renamedFrom: a.id }] });
  });

  test("is followed over several names", () => {
    const renames = [
      [b.id, a.id],
      [c.id, b.id],
    ] as const;
    expect(compared([a], [c], { renames })).toEqual({ ...EMPTY, added: [{ element: c, renamedFrom: a.id }] });
  });

  test("there and back is nothing, and a circle of renames comes to an end", () => {
    const renames = [
      [b.id, a.id],
      [a.id, b.id],
    ] as const;
    expect(compared([a], [a], { renames })).toEqual(EMPTY);
    expect(compared([], [a], { renames })).toEqual({ ...EMPTY, added: [{ element: a }] });
  });

  test("of something made in between is an ordinary addition", () => {
    expect(compared([], [b], { renames: [[b.id, a.id]] })).toEqual({ ...EMPTY, added: [{ element: b }] });
  });
});

describe("updates and moves", () => {
  const was = nic("h", "a", { mtu: 1500, operstate: "up" });

  test("an update lists the attributes that differ", () => {
    const is = nic("h", "a", { mtu: 9000, operstate: "up" });
    const rows = compared([was], [is]);
    expect(rows).toEqual({ ...EMPTY, updated: [{ element: is, before: { mtu: 1500 }, after: { mtu: 9000 } }] });
  });

  test("an ignored attribute does not count, and what differs in nothing else is left out", () => {
    const is = nic("h", "a", { mtu: 9000, operstate: "down" });
    const rows = compared([was], [is], { ignore: ["mtu"] });
    expect(rows.updated).toMatchObject([{ before: { operstate: "up" }, after: { operstate: "down" } }]);
    expect(compared([was], [is], { ignore: ["mtu", "operstate"] })).toEqual(EMPTY);
  });

  test("a new parent is a move, whatever else changed with it", () => {
    const is = { ...nic("h", "a", { mtu: 9000 }), parent: elementIdOf("host", "h", "netns", "n") };
    const rows = compared([was], [is]);
    expect(rows.updated).toEqual([]);
    expect(rows.moved).toMatchObject([{ before: { "@parent": hostId("h"), mtu: 1500 }, after: { mtu: 9000 } }]);
  });

  test("an element of another kind under the same id is removed and added", () => {
    const is: Element = { ...was, kind: "bridge" };
    expect(compared([was], [is])).toEqual({ ...EMPTY, added: [{ element: is }], removed: [was] });
  });
});
