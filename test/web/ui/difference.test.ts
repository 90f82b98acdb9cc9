import { describe, expect, test } from "vitest";
import type { Node } from "../../../core/element.ts";
import { type ElementId, hostId, interfaceId } from "../../../core/element-id.ts";
import type { DiffResponse } from "../../../web/api/topology.ts";
import { parseDifference } from "../../../web/ui/api/parse-difference.ts";
import { groupText, rowText } from "../../../web/ui/difference/cause-text.ts";
import {
  changeCounts,
  countsOf,
  groupsByHost,
  listDelta,
  markOf,
  rowsOf,
  unionOf,
} from "../../../web/ui/model/difference.ts";
import { en } from "../../../web/ui/text/en.ts";
import { zh } from "../../../web/ui/text/zh.ts";

const nic = (host: string, name: string): Node & { attributes: Record<string, string> } => ({
  id: interfaceId(host, undefined, name),
  kind: "nic",
  name,
  cluster: "main",
  host,
  parent: hostId(host),
  attributes: {},
});

const counts = { added: 0, removed: 0, updated: 0, moved: 0, unknown: 0 };
const [eth0, eth1] = [nic("a", "eth0"), nic("b", "eth1")];
const moved = { id: "host/b/domain/u", kind: "domain", name: "instance-1", host: "b" };
const domain = (host: string) => ({ ...nic(host, "instance-1"), kind: "domain", id: `host/${host}/domain/u` });
const wire: DiffResponse = {
  cluster: "main",
  from: 1,
  to: 2,
  counts,
  added: [
    { element: nic("a", "new0") },
    { element: nic("a", "uplink"), renamed_from: interfaceId("a", undefined, "eth3") },
  ],
  removed: [nic("a", "old0")],
  updated: [{ ...eth0, before: { mtu: 1500, alias: "x" }, after: { mtu: 9000 } }],
  moved: [
    { ...eth1, before: { "@parent": "host/a" }, after: { "@parent": "host/b" } },
    { ...moved, before: { "@host": "a" }, after: { "@host": "b" }, former: domain("a"), element: domain("b") },
  ],
  unknown: [nic("c", "eth5")],
  unknown_hosts: ["c"],
  groups: [
    {
      cause: { kind: "gone", subject: { kind: "nic", name: "old0" }, roots: [nic("a", "old0").id] },
      counts,
      members: [nic("a", "old0").id],
      besides: [],
    },
    {
      cause: { kind: "silent", host: "c" },
      counts,
      members: [nic("c", "eth5").id],
      besides: [],
    },
    {
      cause: {
        kind: "moved",
        subject: { kind: "domain", name: "instance-1" },
        roots: [moved.id],
        from: "host/a",
        to: "host/b",
      },
      counts,
      members: [moved.id, eth1.id],
      besides: [],
    },
    {
      cause: {
        kind: "appeared",
        subject: { kind: "nic", name: "new0" },
        roots: [nic("a", "new0").id, nic("z", "new0").id],
      },
      counts,
      members: [nic("a", "new0").id],
      besides: [],
    },
    {
      cause: {
        kind: "renamed",
        subject: { kind: "nic", name: "uplink" },
        roots: [nic("a", "uplink").id],
        from: "host/a/if/eth3",
      },
      counts,
      members: [nic("a", "uplink").id],
      besides: [],
    },
    {
      cause: {
        kind: "changed",
        kinds: ["nic"],
        deltas: [
          { kind: "value", name: "mtu", before: 1500, after: 9000 },
          { kind: "list", name: "peers", lost: ["1"], gained: ["2"] },
        ],
      },
      counts,
      members: [eth0.id],
      besides: [{ id: eth0.id, names: ["alias"] }],
    },
  ],
};

describe("a difference", () => {
  const difference = parseDifference(wire);

  test.each<[string, string, string]>([
    ["added", interfaceId("a", undefined, "new0"), "added"],
    ["removed", interfaceId("a", undefined, "old0"), "removed"],
    ["changed", interfaceId("a", undefined, "eth0"), "changed"],
    ["in another place", interfaceId("b", undefined, "eth1"), "changed"],
    ["there now", "host/b/domain/u", "changed"],
    ["no longer there", "host/a/domain/u", "removed"],
    ["unknown", interfaceId("c", undefined, "eth5"), "unknown"],
    ["new name", interfaceId("a", undefined, "uplink"), "changed"],
    ["old name", interfaceId("a", undefined, "eth3"), "removed"],
    ["anything else", interfaceId("a", undefined, "lo"), "unchanged"],
  ])("marks %s", (_what, id, mark) => {
    expect(markOf(difference)(id as ElementId)).toBe(mark);
  });

  test("counts single attributes, those that went away too", () => {
    expect(changeCounts(difference).get(interfaceId("a", undefined, "eth0"))).toBe(2);
    expect(rowsOf({ mtu: 1500, alias: "x" }, { mtu: 9000 })).toEqual([
      { name: "alias", before: "x", after: undefined },
      { name: "mtu", before: 1500, after: 9000 },
    ]);
  });

  test("is drawn over both states: what is gone, moved away or unknown keeps a ghost", () => {
    const later = new Map([[hostId("a"), nic("a", "eth0")]]);
    const ids = [...unionOf(later, difference).keys()];
    expect(ids).toEqual(
      expect.arrayContaining([
        interfaceId("a", undefined, "old0"),
        "host/a/domain/u",
        interfaceId("c", undefined, "eth5"),
      ]),
    );
  });

  test("every row is in a group, and those say what happened", () => {
    const members = difference.groups.flatMap((group) => group.members.map(({ id }) => id));
    expect(members.sort()).toEqual(
      [...difference.added, ...difference.removed, ...difference.updated, ...difference.moved, ...difference.unknown]
        .map(({ id }) => id)
        .sort(),
    );
    expect(difference.groups.map((group) => groupText(group, en))).toEqual([
      { label: "old0", note: `${en.kinds.nic} · a` },
      { label: "c", note: "agent silent" },
      { label: "instance-1", note: `${en.kinds.domain} · a → b · 2 elements` },
      { label: "new0", note: `${en.kinds.nic} · on 2 hosts` },
      { label: "uplink", note: "was eth3" },
      { label: "mtu 1500 → 9000 · peers −1 +2", note: en.kinds.nic },
    ]);
    expect(groupText(difference.groups[2] ?? missing(), zh).note).toContain("2 个元素");
    expect(difference.moved.map((row) => rowText(row, en, { nameOf: String, withPlace: true }).note)).toEqual([
      `${en.kinds.nic} · b`,
      `${en.kinds.domain} · a → b`,
    ]);
    expect(countsOf(difference.groups)).toEqual({ added: 1, removed: 1, changed: 2, moved: 2, unknown: 1 });
  });

  test.each<[string, number, number]>([
    ["a", 5, 1],
    ["b", 1, 5],
    ["z", 0, 6],
  ])("of host %s leaves out what did not happen there, both ends of a move count", (host, here, elsewhere) => {
    const groups = groupsByHost(difference.groups, host);
    expect([groups.here.length, groups.elsewhere.length]).toEqual([here, elsewhere]);
  });

  test("shows of a list what it gained and lost", () => {
    expect(listDelta(["10.0.0.1/24", "10.0.0.2/24"], ["10.0.0.2/24", "10.0.0.3/24"])).toEqual({
      gained: ["10.0.0.3/24"],
      lost: ["10.0.0.1/24"],
    });
    expect(listDelta(1500, 9000)).toBeUndefined();
    expect(listDelta(undefined, ["x"])).toBeUndefined();
  });
});

function missing(): never {
  throw new Error("there is no such group");
}
