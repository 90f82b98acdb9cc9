import { describe, expect, test } from "vitest";
import { type Attributes, linkOf } from "../../../core/element.ts";
import { elementIdOf, hostId } from "../../../core/element-id.ts";
import { type Change, diff } from "../../../topology/model/change.ts";
import { compare } from "../../../topology/model/comparison/compare.ts";
import { ignoredAttributes } from "../../../topology/model/comparison/ignored-attributes.ts";
import { reversed } from "../../../topology/model/comparison/reversed.ts";
import { topologyOf } from "../../../topology/model/topology.ts";
import { nic } from "../arbitrary.ts";
import { compared, onlyGroup } from "./cloud.ts";

const [a, b, c] = [nic("h", "a"), nic("h", "b"), nic("h", "c")];
const remove = (element: typeof a): Change => ({ kind: "remove", element });
const renamed = (element: typeof a, renamedFrom: string): Change => ({
  kind: "add",
  element,
  renamedFrom: renamedFrom as typeof a.id,
});

describe("a rename", () => {
  test("is one added row with the old id, which is not among the removed", () => {
    const comparison = compare([remove(a), renamed(b, a.id)]);
    expect(comparison).toMatchObject({ removed: [], added: [{ id: b.id, renamedFrom: a.id }] });
    expect(onlyGroup(comparison).cause).toMatchObject({ kind: "renamed", roots: [b.id], from: a.id });
  });

  test("leads back when the span is read backwards", () => {
    const comparison = compare(reversed([remove(a), renamed(b, a.id)]));
    expect(comparison).toMatchObject({ removed: [], added: [{ id: a.id, renamedFrom: b.id }] });
  });

  test("over several names is recognised by the device", () => {
    const facts = { mac: "02:00:00:00:00:01", ifindex: 7 };
    const [first, last] = [nic("h", "a", facts), nic("h", "c", facts)];
    expect(compare([remove(first), renamed(last, b.id)])).toMatchObject({
      removed: [],
      added: [{ id: c.id, renamedFrom: a.id }],
    });
  });

  test("takes its links along and tells what else changed", () => {
    const wide = nic("h", "b", { mtu: 9000 });
    const other = nic("h", "z").id;
    const [was, is] = [linkOf("layer2", a.id, other), linkOf("layer2", b.id, other)];
    const changes: readonly Change[] = [
      remove(a),
      renamed(wide, a.id),
      { kind: "remove", element: was },
      { kind: "add", element: is },
    ];
    const group = onlyGroup(compare(changes));
    expect(group.members.map(({ id }) => id).sort()).toEqual([b.id, is.id].sort());
    expect(group.besides).toEqual([{ id: b.id, names: ["mtu"] }]);
  });

  test("of something made in between is an ordinary addition", () => {
    const { added, groups } = compare([renamed(b, a.id)]);
    expect(added[0]?.renamedFrom).toBeUndefined();
    expect(groups[0]?.cause.kind).toBe("appeared");
  });
});

describe("updates and moves", () => {
  const was = nic("h", "a", { mtu: 1500, operstate: "up" });
  const ask = (after: Attributes, patterns: readonly string[] = []) =>
    compared([was], [nic("h", "a", after)], { ignored: ignoredAttributes(patterns) });

  test("an update lists the attributes that differ, and whose they are", () => {
    expect(ask({ mtu: 9000, operstate: "up" }).updated).toEqual([
      {
        kind: "updated",
        id: was.id,
        subject: { kind: "nic", name: "a" },
        host: "h",
        before: { mtu: 1500 },
        after: { mtu: 9000 },
      },
    ]);
  });

  const both = { mtu: 9000, operstate: "down", "external_ids.x": "1" };
  test.each<[string, readonly string[], readonly string[]]>([
    ["nothing", [], ["external_ids.x", "mtu", "operstate"]],
    ["a name", ["mtu"], ["external_ids.x", "operstate"]],
    ["a prefix", [" external_ids.* "], ["mtu", "operstate"]],
    ["state", ["@state"], ["external_ids.x", "mtu"]],
    ["a name that is the beginning of another", ["m"], ["external_ids.x", "mtu", "operstate"]],
  ])("ignoring %s", (_what, patterns, left) => {
    expect(Object.keys(ask(both, patterns).updated[0]?.after ?? {}).sort()).toEqual(left);
  });

  test("what differs in ignored attributes alone is left out", () => {
    expect(ask({ mtu: 1500, operstate: "down" }, ["@state"])).toMatchObject({ updated: [], groups: [] });
  });

  test("a new parent is a move, whatever else changed with it", () => {
    const is = { ...nic("h", "a", { mtu: 9000, operstate: "up" }), parent: elementIdOf("host", "h", "netns", "n") };
    const rows = compared([was], [is]);
    expect(rows.updated).toEqual([]);
    expect(rows.moved).toMatchObject([{ before: { "@parent": hostId("h"), mtu: 1500 }, after: { mtu: 9000 } }]);
    expect(onlyGroup(rows).besides).toEqual([{ id: was.id, names: ["mtu"] }]);
  });

  test("an element of another kind under the same id is removed and added, in one group", () => {
    const is = { ...was, kind: "bridge" as const };
    const rows = compare(diff(topologyOf([was]), topologyOf([is])));
    expect([rows.added.length, rows.removed.length]).toEqual([1, 1]);
    expect(onlyGroup(rows).members).toHaveLength(2);
  });

  test("only rows of the kinds asked for, under the cause they have", () => {
    const gone = compared([nic("h", "a"), { ...b, parent: a.id }], [], { kinds: new Set(["bridge"]) });
    expect(gone).toMatchObject({ removed: [], groups: [] });
  });
});
