import { describe, expect, test } from "vitest";
import type { Node } from "../../../core/element.ts";
import { type ElementId, hostId, interfaceId } from "../../../core/element-id.ts";
import type { DiffResponse } from "../../../web/api/topology.ts";
import { parseDifference } from "../../../web/ui/api/parse-difference.ts";
import { onHost } from "../../../web/ui/difference/difference-panel.tsx";
import { changeCounts, isEmpty, listDelta, markOf, rowsOf, unionOf } from "../../../web/ui/model/difference.ts";

const nic = (host: string, name: string): Node & { attributes: Record<string, string> } => ({
  id: interfaceId(host, undefined, name),
  kind: "nic",
  name,
  cluster: "main",
  host,
  parent: hostId(host),
  attributes: {},
});

const wire: DiffResponse = {
  cluster: "main",
  from: 1,
  to: 2,
  added: [
    { element: nic("a", "new0") },
    { element: nic("a", "uplink"), renamed_from: interfaceId("a", undefined, "eth3") },
    { element: nic("b", "eth9"), renamed_from: interfaceId("b", undefined, "unseen") },
  ],
  removed: [nic("a", "old0"), nic("a", "eth3")],
  updated: [{ element: nic("a", "eth0"), before: { mtu: 1500, alias: "x" }, after: { mtu: 9000 } }],
  moved: [{ element: nic("b", "eth1"), before: { "@parent": "host/a" }, after: { "@parent": "host/b" } }],
  unknown_hosts: ["c"],
};

describe("a difference", () => {
  const difference = parseDifference(wire);

  test("folds a removal and the addition that came from it into one renaming", () => {
    expect(difference.added.map(({ id }) => id)).toEqual([interfaceId("a", undefined, "new0")]);
    expect(difference.removed.map(({ id }) => id)).toEqual([interfaceId("a", undefined, "old0")]);
    const [first, second] = difference.renamed;
    expect(first?.from).toMatchObject({ name: "eth3" });
    expect(second?.from).toBe(interfaceId("b", undefined, "unseen"));
  });

  test.each<[string, ElementId, string]>([
    ["added", interfaceId("a", undefined, "new0"), "added"],
    ["removed", interfaceId("a", undefined, "old0"), "removed"],
    ["changed", interfaceId("a", undefined, "eth0"), "changed"],
    ["moved", interfaceId("b", undefined, "eth1"), "changed"],
    ["new name", interfaceId("a", undefined, "uplink"), "changed"],
    ["old name", interfaceId("a", undefined, "eth3"), "removed"],
    ["anything else", interfaceId("a", undefined, "lo"), "unchanged"],
  ])("marks %s", (_what, id, mark) => {
    expect(markOf(difference)(id)).toBe(mark);
  });

  test("counts single attributes, those that went away too", () => {
    expect(changeCounts(difference).get(interfaceId("a", undefined, "eth0"))).toBe(2);
    expect(rowsOf({ mtu: 1500, alias: "x" }, { mtu: 9000 })).toEqual([
      { name: "alias", before: "x", after: undefined },
      { name: "mtu", before: 1500, after: 9000 },
    ]);
  });

  test("is drawn over both states: what is gone keeps a ghost", () => {
    const later = new Map([[hostId("a"), nic("a", "eth0")]]);
    const ids = [...unionOf(later, difference).keys()];
    expect(ids).toContain(interfaceId("a", undefined, "old0"));
    expect(ids).toContain(interfaceId("a", undefined, "eth3"));
  });

  test("of one host leaves out the others", () => {
    const here = onHost(difference, "b");
    expect(here.added).toEqual([]);
    expect(here.changed).toHaveLength(1);
    expect(here.renamed).toHaveLength(1);
    expect(isEmpty(onHost(difference, "z"))).toBe(true);
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
