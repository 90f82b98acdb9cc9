import { type Element, isLink } from "../../../core/element.ts";
import { type ElementId, hostId } from "../../../core/element-id.ts";
import { subjectOf } from "../change.ts";
import type { AddedRow, RemovedRow } from "./comparison.ts";
import type { GroupDraft, Grouping } from "./grouping.ts";
import { hostOfId } from "./rows.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** By id. */
type RowsById = ReadonlyMap<string, RemovedRow | AddedRow>;

/** Steps from an element to what it stood in; a circle of parents ends here. */
const MAX_STEPS = 64;

/**
 * What went (or came) with something it stood in: everything of a host with the host, a host with its rack, ports with
 * their bridge, interfaces with their namespace. The topmost one that went is the cause.
 */
export function* groupByPlace(rows: RowsById, kind: "gone" | "appeared", grouping: Grouping): Sliced<void> {
  yield* inSlices(rows.values(), (row) => {
    if (isLink(row.element) || isOther(row) || grouping.has(row)) return;
    const top = topOf(rows, row.element, grouping);
    const known = grouping.groupOf(top.id);
    if (known !== undefined) return grouping.put(row, known);
    const group = grouping.open({ kind, subject: subjectOf(top), roots: [top.id] });
    const topRow = rows.get(top.id);
    if (topRow !== undefined) grouping.put(topRow, group);
    if (top.id !== row.id) grouping.put(row, group);
  });
}

/** Not a renamed element: that has its own cause. */
function isOther(row: RemovedRow | AddedRow): boolean {
  return row.kind === "added" && row.renamedFrom !== undefined;
}

function topOf(rows: RowsById, element: Element, grouping: Grouping): Element {
  let top = element;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const above = aboveOf(rows, top);
    if (above === undefined || above.id === element.id) return top;
    top = above;
    if (grouping.groupOf(top.id) !== undefined) return top;
  }
  return top;
}

/** The nearest thing that changed the same way and that this stands in. */
function aboveOf(rows: RowsById, element: Element): Element | undefined {
  const parent = isLink(element) || element.parent === undefined ? undefined : otherRow(rows, element.parent);
  if (parent !== undefined) return parent.element;
  for (let end = element.id.lastIndexOf("/"); end > 0; end = element.id.lastIndexOf("/", end - 1)) {
    const row = otherRow(rows, element.id.slice(0, end));
    if (row !== undefined) return row.element;
  }
  const host = element.kind === "agent" ? hostOfId(element.id) : undefined;
  return host === undefined ? undefined : otherRow(rows, hostId(host))?.element;
}

function otherRow(rows: RowsById, id: string) {
  const row = rows.get(id);
  return row === undefined || isOther(row) ? undefined : row;
}

/** A link goes with the end it stood at: the end that owns it first. Links of ends that stayed are their own cause. */
export function* groupLinks(
  rows: RowsById,
  kind: "gone" | "appeared",
  { grouping, groupOfEnd }: LinkGrouping,
): Sliced<void> {
  yield* inSlices(rows.values(), (row) => {
    if (!isLink(row.element)) return;
    const { from, to } = row.element;
    const known = groupOfEnd(from) ?? groupOfEnd(to);
    grouping.put(row, known ?? grouping.open({ kind, subject: subjectOf(row.element), roots: [row.id] }));
  });
}

export interface LinkGrouping {
  readonly grouping: Grouping;
  readonly groupOfEnd: (id: ElementId) => GroupDraft | undefined;
}
