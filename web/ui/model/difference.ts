import type { Attributes, AttributeValue, Element } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { sameValue } from "../../../topology/model/change.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";

/** What lies between two moments, folded for reading. An element is in one group only. */
export interface Difference {
  readonly added: readonly Element[];
  readonly removed: readonly Element[];
  readonly changed: readonly ChangedElement[];
  readonly renamed: readonly RenamedElement[];
  /** Hosts whose agent was silent at either moment: what is missing there is unknown, not removed. */
  readonly unknownHosts: ReadonlySet<string>;
}

export interface ChangedElement {
  readonly element: Element;
  readonly before: Attributes;
  readonly after: Attributes;
  /** Its parent or host changed. */
  readonly moved: boolean;
}

/** A removed and an added element that are one and the same to the kernel. */
export interface RenamedElement {
  readonly element: Element;
  readonly from: Element | ElementId;
}

export type DiffMark = "added" | "removed" | "changed" | "unchanged" | "unknown";

export function markOf(difference: Difference): (id: ElementId) => DiffMark {
  const marks = new Map<ElementId, DiffMark>();
  for (const element of difference.added) marks.set(element.id, "added");
  for (const element of difference.removed) marks.set(element.id, "removed");
  for (const { element } of difference.changed) marks.set(element.id, "changed");
  for (const { element, from } of difference.renamed) {
    marks.set(element.id, "changed");
    marks.set(typeof from === "string" ? from : from.id, "removed");
  }
  return (id) => marks.get(id) ?? "unchanged";
}

/** How many attributes differ, by element; the number on the changed mark. */
export function changeCounts(difference: Difference): ReadonlyMap<ElementId, number> {
  return new Map(difference.changed.map((row) => [row.element.id, rowsOf(row.before, row.after).length]));
}

/** Everything of both moments: the later state, and what is no longer there. */
export function unionOf(later: Topology, difference: Difference): Topology {
  const gone = difference.renamed.flatMap(({ from }) => (typeof from === "string" ? [] : [from]));
  return topologyOf([...difference.removed, ...gone, ...later.values()]);
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

/** Whether there is nothing to tell. */
export function isEmpty(difference: Difference): boolean {
  const { added, removed, changed, renamed } = difference;
  return added.length + removed.length + changed.length + renamed.length === 0;
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
