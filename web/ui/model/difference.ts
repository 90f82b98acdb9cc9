import type { Attributes, AttributeValue, Element } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { sameValue } from "../../../topology/model/change.ts";
import type { Comparison, Group, Row } from "../../../topology/model/comparison/comparison.ts";
import { hostOfId } from "../../../topology/model/comparison/rows.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";

/** What lies between two moments, folded for reading. A row is in one list and in one group only. */
export interface Difference extends Comparison {
  /** Hosts whose agent was silent at either moment: what is missing there is unknown, not removed. */
  readonly unknownHosts: ReadonlySet<string>;
}

export type DiffMark = "added" | "removed" | "changed" | "unchanged" | "unknown";

export function markOf(difference: Difference): (id: ElementId) => DiffMark {
  const marks = new Map<ElementId, DiffMark>();
  for (const { id, renamedFrom } of difference.added) {
    marks.set(id, renamedFrom === undefined ? "added" : "changed");
    if (renamedFrom !== undefined) marks.set(renamedFrom, "removed");
  }
  for (const { id } of difference.removed) marks.set(id, "removed");
  for (const { id } of difference.updated) marks.set(id, "changed");
  for (const { id, pair } of difference.moved) {
    marks.set(id, "changed");
    if (pair !== undefined) marks.set(pair.former.id, "removed");
  }
  for (const { id } of difference.unknown) marks.set(id, "unknown");
  return (id) => marks.get(id) ?? "unchanged";
}

/** How many attributes differ, by element; the number on the changed mark. */
export function changeCounts(difference: Difference): ReadonlyMap<ElementId, number> {
  const rows = [...difference.updated, ...difference.moved];
  return new Map(rows.map((row) => [row.id, rowsOf(row.before, row.after).length]));
}

/** Everything of both moments: the later state, and what is no longer there. */
export function unionOf(later: Topology, difference: Difference): Topology {
  const { removed, unknown, moved } = difference;
  const left = moved.flatMap(({ pair }): readonly Element[] => (pair === undefined ? [] : [pair.former]));
  const missing = [...removed, ...unknown].map(({ element }) => element);
  return topologyOf([...missing, ...left, ...later.values()]);
}

/** Groups that concern the open host, or no host at all, and the others. */
export function groupsByHost(
  groups: readonly Group[],
  host: string | undefined,
): { readonly here: readonly Group[]; readonly elsewhere: readonly Group[] } {
  const isHere = ({ members }: Group): boolean => {
    const hosts = new Set(members.flatMap(hostsOf));
    return hosts.size === 0 || (host !== undefined && hosts.has(host));
  };
  return { here: groups.filter(isHere), elsewhere: groups.filter((group) => !isHere(group)) };
}

function hostsOf(row: Row): readonly string[] {
  const former = row.kind === "moved" && row.pair !== undefined ? hostOfId(row.pair.former.id) : undefined;
  return [hostOfId(row.id), former].filter((host) => host !== undefined);
}

export interface DifferenceCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly moved: number;
  readonly unknown: number;
}

/** Rows by what happened to them; a renamed element is changed. */
export function countsOf(groups: readonly Group[]): DifferenceCounts {
  const counts = { added: 0, removed: 0, changed: 0, moved: 0, unknown: 0 };
  for (const { members } of groups) {
    for (const row of members) {
      if (row.kind === "updated" || (row.kind === "added" && row.renamedFrom !== undefined)) counts.changed++;
      else counts[row.kind]++;
    }
  }
  return counts;
}

export interface AttributeRow {
  readonly name: string;
  readonly before: AttributeValue | undefined;
  readonly after: AttributeValue | undefined;
}

/** The attributes that differ, by name. */
export function rowsOf(before: Attributes, after: Attributes): readonly AttributeRow[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !sameValue(before[name], after[name]))
    .sort()
    .map((name) => ({ name, before: before[name], after: after[name] }));
}

/** Items of two lists that have the same ids, for what a list value gained and lost. */
export function listDelta(
  before: AttributeValue | undefined,
  after: AttributeValue | undefined,
): { readonly gained: readonly (string | number)[]; readonly lost: readonly (string | number)[] } | undefined {
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined;
  const [was, is]: readonly (readonly (string | number)[])[] = [before, after];
  if (was === undefined || is === undefined) return undefined;
  return { gained: is.filter((item) => !was.includes(item)), lost: was.filter((item) => !is.includes(item)) };
}
