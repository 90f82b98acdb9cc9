import { isLink } from "../../../core/element.ts";
import { agentId, type ElementId, hostId, ownerHostOf } from "../../../core/element-id.ts";
import { type Change, subjectOf } from "../change.ts";
import { groupAlike, joinAcrossHosts } from "./alike.ts";
import { besidesOf } from "./besides.ts";
import { type Cause, type Comparison, type Group, type Row, rowKind } from "./comparison.ts";
import { type GroupDraft, Grouping } from "./grouping.ts";
import type { Ignored } from "./ignored-attributes.ts";
import { groupMachines } from "./machines.ts";
import { groupMovedNamespaces, groupOtherMoves } from "./moves.ts";
import { pairUp } from "./pairs.ts";
import { groupByPlace, groupLinks } from "./places.ts";
import { hostOfId, type Rows, sortedIn, textIn } from "./rows.ts";
import { groupSegments } from "./segments.ts";
import { inSlices, runWhole, type Sliced } from "./slices.ts";

export interface CompareOptions {
  readonly ignored?: Ignored | undefined;
  /** Hosts whose agent was silent at the one and the other moment. */
  readonly silent?: { readonly from: ReadonlySet<string>; readonly to: ReadonlySet<string> } | undefined;
  /** Only rows of these kinds; causes are found before. */
  readonly kinds?: ReadonlySet<string> | undefined;
}

/** The net changes from one moment to another (`reversed` for those that lead back), for people. */
export function compare(changes: readonly Change[], options: CompareOptions = {}): Comparison {
  return runWhole(comparing(changes, options));
}

/** The same in slices. The cost follows the changes; nothing else is looked at. */
export function* comparing(changes: readonly Change[], options: CompareOptions): Sliced<Comparison> {
  const rows = yield* sortedIn(changes, options.ignored);
  yield* pairUp(rows, options.ignored);
  yield* setUnknownAside(rows, options.silent);
  const grouping = new Grouping(rows.twins);
  // The most particular explanation first: a VM that left a host before the host went is a VM that moved.
  yield* groupMachines(rows, grouping);
  yield* groupSegments(rows, grouping);
  yield* groupMovedNamespaces(rows, grouping);
  yield* groupByPlace(rows.removed, "gone", grouping);
  yield* groupByPlace(rows.added, "appeared", grouping);
  yield* groupOtherMoves(rows, grouping);
  yield* groupAllLinks(rows, grouping);
  yield* groupSilent(rows, grouping);
  yield* groupAlike(rows.updated, grouping);
  yield* groupAlike(rows.moved, grouping);
  yield* joinAcrossHosts(grouping);
  return yield* finished(rows, grouping, options.kinds);
}

/** Nobody told of what is missing on such a host, unless the host itself is known to be gone since. */
function* setUnknownAside(rows: Rows, silent: CompareOptions["silent"]): Sliced<void> {
  if (silent === undefined || (silent.from.size === 0 && silent.to.size === 0)) return;
  yield* inSlices(rows.removed.values(), ({ id, element }) => {
    const host = hostOfId(id);
    if (host === undefined) return;
    const isUnknown = silent.to.has(host) || (silent.from.has(host) && !rows.removed.has(hostId(host)));
    if (isUnknown) rows.unknown.push({ kind: "unknown", id, element });
  });
  for (const { id } of rows.unknown) rows.removed.delete(id);
}

function* groupAllLinks(rows: Rows, grouping: Grouping): Sliced<void> {
  const groupOfNow = (id: ElementId | undefined) => (id === undefined ? undefined : grouping.groupOf(id));
  const goneEnd = (id: ElementId): GroupDraft | undefined =>
    groupOfNow(rows.removed.has(id) ? id : rows.formers.get(id)?.id);
  const newEnd = (id: ElementId): GroupDraft | undefined =>
    rows.added.has(id) || rows.paired.has(id) ? grouping.groupOf(id) : undefined;
  yield* inSlices(rows.moved, (row) => {
    if (row.pair === undefined || !isLink(row.pair.element) || grouping.has(row)) return;
    const { from, to } = row.pair.element;
    const subject = subjectOf(row.pair.element);
    const own: Cause = { kind: "moved", subject, roots: [row.id] };
    grouping.put(row, newEnd(from) ?? newEnd(to) ?? grouping.open(own));
  });
  yield* groupLinks(rows.removed, "gone", { grouping, groupOfEnd: goneEnd });
  yield* groupLinks(rows.added, "appeared", { grouping, groupOfEnd: newEnd });
}

/** What is unknown of a host, with its agent's turning silent. */
function* groupSilent(rows: Rows, grouping: Grouping): Sliced<void> {
  const groups = new Map<string, GroupDraft>();
  yield* inSlices(rows.unknown, (row) => {
    const host = hostOfId(row.id) ?? "";
    const group = groups.get(host) ?? grouping.open({ kind: "silent", host });
    groups.set(host, group);
    grouping.put(row, group);
  });
  if (groups.size === 0) return;
  yield* inSlices(rows.updated, (row) => {
    const group = row.host === undefined || ownerHostOf(row.id) !== undefined ? undefined : groups.get(row.host);
    if (group === undefined || row.host === undefined || row.id !== agentId(row.host)) return;
    if (textIn(row.after, "session") === "silent") grouping.put(row, group);
  });
}

const RANK: Readonly<Record<Cause["kind"], number>> = {
  gone: 0,
  silent: 1,
  moved: 2,
  appeared: 3,
  renamed: 4,
  changed: 5,
};

function* finished(rows: Rows, grouping: Grouping, kinds: ReadonlySet<string> | undefined): Sliced<Comparison> {
  const isWanted = (row: Row): boolean => kinds === undefined || kinds.has(rowKind(row));
  const ranked = Object.keys(RANK).map((): Group[] => []);
  yield* inSlices(grouping.groups(), ({ cause, members }) => {
    const wanted = kinds === undefined ? members : members.filter(isWanted);
    if (wanted.length === 0) return;
    ranked[RANK[cause.kind]]?.push({ cause, members: wanted, besides: besidesOf(cause, wanted) });
  });
  for (const groups of ranked) {
    groups.sort((a, b) => b.members.length - a.members.length);
    yield;
  }
  return {
    added: yield* listed(rows.added.values(), isWanted),
    removed: yield* listed(rows.removed.values(), isWanted),
    updated: yield* listed(rows.updated, isWanted),
    moved: yield* listed(rows.moved, isWanted),
    unknown: yield* listed(rows.unknown, isWanted),
    groups: ranked.flat(),
  };
}

function* listed<T extends Row>(rows: Iterable<T>, isWanted: (row: Row) => boolean): Sliced<readonly T[]> {
  const list: T[] = [];
  yield* inSlices(rows, (row) => {
    if (isWanted(row)) list.push(row);
  });
  return list;
}
