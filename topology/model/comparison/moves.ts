import { type Element, isLink } from "../../../core/element.ts";
import { type ElementId, hostId, parseElementId } from "../../../core/element-id.ts";
import { subjectOf } from "../change.ts";
import type { Cause, MovedRow, Row } from "./comparison.ts";
import type { GroupDraft, Grouping } from "./grouping.ts";
import { portPrefixOf } from "./identity.ts";
import { namespaceAbove } from "./pairs.ts";
import { hostOfId, type Rows, textIn } from "./rows.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** A network namespace that is on another host now, with what stands in it and the Open vSwitch ports of its devices. */
export function* groupMovedNamespaces(rows: Rows, grouping: Grouping): Sliced<void> {
  const byNamespace = new Map<ElementId, GroupDraft>();
  yield* inSlices(rows.moved, (row) => {
    if (row.subject.kind !== "netns" || row.pair === undefined) return;
    const group = grouping.open(movedCause(row));
    grouping.put(row, group);
    byNamespace.set(row.id, group);
  });
  if (byNamespace.size === 0) return;
  const byPort = new Map<string, GroupDraft>();
  yield* inSlices(rows.moved, (row) => {
    const group = byNamespace.get(namespaceAbove(row.id) ?? row.id);
    if (group === undefined || row.pair === undefined || grouping.has(row)) return;
    grouping.put(row, group);
    const port = isLink(row.pair.element) ? undefined : portPrefixOf(row.pair.element);
    if (port !== undefined) byPort.set(port, group);
  });
  const follow = (row: Row, element: Element | undefined): void => {
    if (element === undefined || isLink(element) || grouping.has(row)) return;
    const group = byPort.get(portPrefixOf(element) ?? "");
    if (group !== undefined && isOnTheWay(row, group.cause)) grouping.put(row, group);
  };
  yield* inSlices(rows.moved, (row) => follow(row, row.pair?.element));
  yield* inSlices(rows.removed.values(), (row) => follow(row, row.element));
  yield* inSlices(rows.added.values(), (row) => follow(row, row.element));
}

/** Gone where the namespace was, or there where it is. */
function isOnTheWay(row: Row, cause: Cause): boolean {
  if (cause.kind !== "moved") return false;
  const host = hostOfId(row.id);
  const place = row.kind === "removed" ? cause.from : cause.to;
  return host !== undefined && place === hostId(host);
}

/** Nodes that moved or were renamed by themselves. */
export function* groupOtherMoves(rows: Rows, grouping: Grouping): Sliced<void> {
  yield* inSlices(rows.moved, (row) => {
    const isHandled = row.pair === undefined || isLink(row.pair.element) || grouping.has(row);
    if (!isHandled) grouping.put(row, grouping.open(movedCause(row)));
  });
  yield* inSlices(rows.added.values(), (row) => {
    if (row.renamedFrom === undefined || grouping.has(row)) return;
    const cause: Cause = {
      kind: "renamed",
      subject: subjectOf(row.element),
      roots: [row.id],
      from: row.renamedFrom,
    };
    grouping.put(row, grouping.open(cause));
  });
}

/** The host when it changed, else what it stands in. */
export function movedCause({ id, subject, before, after }: MovedRow): Extract<Cause, { kind: "moved" }> {
  const [host, otherHost] = [textIn(before, "@host"), textIn(after, "@host")];
  const isOtherHost = host !== undefined && otherHost !== undefined;
  const from = isOtherHost ? hostId(host) : textIn(before, "@parent");
  const to = isOtherHost ? hostId(otherHost) : textIn(after, "@parent");
  return { kind: "moved", subject, roots: [id], from: parseElementId(from ?? ""), to: parseElementId(to ?? "") };
}
