import fc from "fast-check";
import { expect, test } from "vitest";
import type { Element } from "../../../core/element.ts";
import { type ElementId, hostId, isWithin } from "../../../core/element-id.ts";
import { apply, changedId, diff } from "../../../topology/model/change.ts";
import { compare, comparing } from "../../../topology/model/comparison/compare.ts";
import type { Comparison } from "../../../topology/model/comparison/comparison.ts";
import { reversed } from "../../../topology/model/comparison/reversed.ts";
import { runSliced } from "../../../topology/model/comparison/slices.ts";
import { topologyOf } from "../../../topology/model/topology.ts";
import { elementsArbitrary } from "../arbitrary.ts";
import { host, routerNamespace, rowsOf, vmInOpenStack, vmOnHost } from "./cloud.ts";

// For any two states: nothing is lost by folding, nothing is told twice, nothing is explained by what does not explain it.

const HOSTS = ["a", "b", "c"] as const;

/** A cloud in which VMs, namespaces and hosts are anywhere or nowhere, and any element may lack or differ. */
const cloudArbitrary: fc.Arbitrary<readonly Element[]> = fc
  .record({
    hosts: fc.subarray([...HOSTS]),
    rack: fc.constantFrom("k1", "k2"),
    domains: fc.array(fc.option(fc.constantFrom(...HOSTS)), { minLength: 4, maxLength: 4 }),
    vms: fc.array(fc.option(fc.constantFrom(...HOSTS)), { minLength: 4, maxLength: 4 }),
    namespaces: fc.array(fc.option(fc.constantFrom(...HOSTS)), { minLength: 2, maxLength: 2 }),
    more: elementsArbitrary,
    lost: fc.array(fc.nat(60), { maxLength: 6 }),
    touched: fc.array(fc.tuple(fc.nat(60), fc.constantFrom("mtu", "operstate", "flavor"), fc.nat(2)), { maxLength: 8 }),
  })
  .map(({ hosts, rack, domains, vms, namespaces, more, lost, touched }) => {
    const all = [
      ...hosts.flatMap((name) => host(name, rack)),
      ...domains.flatMap((name, index) => (name === null ? [] : vmOnHost(index, name))),
      ...vms.flatMap((name, index) => (name === null ? [] : vmInOpenStack(index, name))),
      ...namespaces.flatMap((name, index) => (name === null ? [] : routerNamespace(index, name))),
      ...more,
    ];
    const elements = [...topologyOf(all).values()].filter((_, index) => !lost.includes(index));
    for (const [index, name, value] of touched) {
      const element = elements[index];
      if (element !== undefined) elements[index] = { ...element, attributes: { ...element.attributes, [name]: value } };
    }
    return elements;
  });

const RUNS = { numRuns: 300 };

/** What the flat rows say is there no more and there anew, put back into changes. */
function told({ added, removed, updated, moved }: Comparison) {
  const gone = new Set<ElementId>(removed.map(({ id }) => id));
  const come = new Map<ElementId, Element>(added.map(({ id, element }) => [id, element]));
  for (const { renamedFrom } of added) if (renamedFrom !== undefined) gone.add(renamedFrom);
  for (const { pair } of moved) {
    if (pair === undefined) continue;
    gone.add(pair.former.id);
    come.set(pair.element.id, pair.element);
  }
  const changed = new Map([...updated, ...moved.filter(({ pair }) => pair === undefined)].map((row) => [row.id, row]));
  return { gone, come, changed };
}

test("the flat rows tell exactly what the changes tell", () => {
  fc.assert(
    fc.property(cloudArbitrary, cloudArbitrary, (before, after) => {
      const [was, is] = [topologyOf(before), topologyOf(after)];
      const changes = diff(was, is);
      const { gone, come, changed } = told(compare(changes));
      expect([...gone].sort()).toEqual(changes.flatMap((it) => (it.kind === "remove" ? [it.element.id] : [])).sort());
      expect([...come.keys()].sort()).toEqual(
        changes.flatMap((it) => (it.kind === "add" ? [it.element.id] : [])).sort(),
      );
      expect([...changed.keys()].sort()).toEqual(changes.flatMap((it) => (it.kind === "update" ? [it.id] : [])).sort());
      const applied = apply(was, changes);
      for (const [id, element] of come) expect(applied.get(id)).toEqual(element);
    }),
    RUNS,
  );
});

test("every row is in exactly one group, every id in one group only, no group is empty", () => {
  fc.assert(
    fc.property(cloudArbitrary, cloudArbitrary, (before, after) => {
      const comparison = compare(diff(topologyOf(before), topologyOf(after)));
      const members = comparison.groups.flatMap((group) => group.members);
      expect(new Set(members)).toEqual(new Set(rowsOf(comparison)));
      expect(members).toHaveLength(rowsOf(comparison).length);
      const groupsOfId = comparison.groups.flatMap((group) => [...new Set(group.members.map(({ id }) => id))]);
      expect(new Set(groupsOfId).size).toBe(groupsOfId.length);
      expect(comparison.groups.every((group) => group.members.length > 0)).toBe(true);
    }),
    RUNS,
  );
});

test("a host that went takes no update with it, and nothing of another host but links that ended there", () => {
  fc.assert(
    fc.property(cloudArbitrary, cloudArbitrary, (before, after) => {
      for (const { cause, members } of compare(diff(topologyOf(before), topologyOf(after))).groups) {
        const [root] = cause.kind === "gone" && cause.subject.kind === "host" ? cause.roots : [];
        if (root === undefined) continue;
        const isBelow = (id: ElementId) => isWithin(id, root) || id === `agent/${root.slice("host/".length)}`;
        for (const row of members) {
          expect(row.kind === "removed" || row.kind === "added").toBe(true);
          const ends = "element" in row && "to" in row.element ? [row.element.from, row.element.to] : [row.id];
          expect(ends.some(isBelow) || row.id === root || ends.some((id) => parentsOf(before, id).includes(root))).toBe(
            true,
          );
        }
      }
    }),
    RUNS,
  );
});

function parentsOf(elements: readonly Element[], id: ElementId): readonly ElementId[] {
  const known = topologyOf(elements);
  const parents: ElementId[] = [];
  let current = known.get(id);
  while (current !== undefined && "parent" in current && current.parent !== undefined && parents.length < 9) {
    parents.push(current.parent);
    current = known.get(current.parent);
  }
  return parents;
}

test("members of a group of equal changes all changed the same way", () => {
  fc.assert(
    fc.property(cloudArbitrary, cloudArbitrary, (before, after) => {
      for (const { cause, members } of compare(diff(topologyOf(before), topologyOf(after))).groups) {
        if (cause.kind !== "changed") continue;
        for (const row of members) {
          const names = row.kind === "updated" ? new Set([...Object.keys(row.before), ...Object.keys(row.after)]) : [];
          expect([...names].sort()).toEqual(cause.deltas.map(({ name }) => name));
          for (const delta of cause.deltas) {
            if (delta.kind === "value" && row.kind === "updated") expect(row.after[delta.name]).toEqual(delta.after);
          }
        }
      }
    }),
    RUNS,
  );
});

test("what is unknown is on a silent host, and nothing removed is", () => {
  fc.assert(
    fc.property(cloudArbitrary, cloudArbitrary, fc.subarray([...HOSTS]), (before, after, names) => {
      const silent = { from: new Set<string>(), to: new Set<string>(names) };
      const { unknown, removed } = compare(diff(topologyOf(before), topologyOf(after)), { silent });
      const isSilent = ({ id }: { id: ElementId }) =>
        names.some((name) => isWithin(id, hostId(name)) || id === `agent/${name}`);
      expect(unknown.every(isSilent)).toBe(true);
      expect(removed.some(isSilent)).toBe(false);
    }),
    RUNS,
  );
});

test("read backwards, what was removed is added and the other way round", () => {
  fc.assert(
    fc.property(cloudArbitrary, cloudArbitrary, (before, after) => {
      const changes = diff(topologyOf(before), topologyOf(after));
      const [there, back] = [compare(changes), compare(reversed(changes))];
      const ids = (rows: readonly { id: ElementId }[]) => rows.map(({ id }) => id).sort();
      expect(ids(back.added)).toEqual(ids(there.removed));
      expect(ids(back.removed)).toEqual(ids(there.added));
      expect(back.moved).toHaveLength(there.moved.length);
      expect(ids(back.updated)).toEqual(ids(there.updated));
      expect(new Set(reversed(reversed(changes)).map(changedId))).toEqual(new Set(changes.map(changedId)));
    }),
    RUNS,
  );
});

test("in slices it comes to the same", async () => {
  const [first] = fc.sample(cloudArbitrary, { numRuns: 1, seed: 7 });
  const [second] = fc.sample(cloudArbitrary, { numRuns: 1, seed: 8 });
  const changes = diff(topologyOf(first ?? []), topologyOf(second ?? []));
  let turns = 0;
  const turn = async () => {
    turns++;
  };
  const sliced = await runSliced(comparing(changes, {}), { isTime: () => true, turn });
  expect(sliced).toEqual(compare(changes));
  expect(turns).toBeGreaterThan(0);
});
