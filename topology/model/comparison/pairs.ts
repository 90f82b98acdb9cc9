import { type Element, isLink, type Link, type Node } from "../../../core/element.ts";
import { type ElementId, parseElementId } from "../../../core/element-id.ts";
import { diffElement, subjectOf } from "../change.ts";
import type { AddedRow, MovedRow, RemovedRow } from "./comparison.ts";
import { deviceIdentityOf, identityOf } from "./identity.ts";
import { counted, type Ignored } from "./ignored-attributes.ts";
import { hostOfId, type Rows } from "./rows.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** Finds what is gone here and there again under another id: renamed, or in another place. */
export function* pairUp(rows: Rows, ignored: Ignored | undefined): Sliced<void> {
  const pair = pairing(rows, ignored);
  yield* inSlices(rows.added.values(), (row) => {
    const former = row.renamedFrom === undefined ? undefined : rows.removed.get(row.renamedFrom);
    if (former !== undefined) pair.renamed(former, row);
  });
  // A chain of names leads to one that this span does not know; the device is still the same.
  yield* pairByIdentity(rows, { identity: deviceIdentityOf, isAsked: isOfUnknownName, pair: pair.renamed });
  yield* inSlices(rows.added.values(), (row) => {
    if (isOfUnknownName(rows, row)) rows.added.set(row.id, { ...row, renamedFrom: undefined });
  });
  yield* pairByIdentity(rows, { identity: identityOf, isAsked: isNew, pair: pair.moved });
  yield* pairBelowNamespaces(rows, pair.moved);
  yield* pairLinks(rows, pair.moved);
}

const isNew = (_rows: Rows, row: AddedRow): boolean => row.renamedFrom === undefined;

const isOfUnknownName = (rows: Rows, { renamedFrom }: AddedRow): boolean =>
  renamedFrom !== undefined && !rows.formers.has(renamedFrom);

type Pair = (former: RemovedRow, row: AddedRow) => void;

function pairing(rows: Rows, ignored: Ignored | undefined): { readonly renamed: Pair; readonly moved: Pair } {
  const between = (former: Element, element: Element) => {
    const [change] = diffElement(withPlaceOf(former, element), element);
    if (change?.kind !== "update") return { before: {}, after: {} };
    return { before: counted(change.before, ignored), after: counted(change.after, ignored) };
  };
  return {
    renamed: (former, row) => {
      rows.removed.delete(former.id);
      const renamed = { ...row, renamedFrom: former.id, ...between(former.element, row.element) };
      rows.added.set(row.id, renamed);
      rows.formers.set(former.id, renamed);
      rows.paired.add(row.id);
    },
    moved: (former, { id, element }) => {
      rows.removed.delete(former.id);
      rows.added.delete(id);
      const host = hostOfId(id);
      const pair = { former: former.element, element };
      const subject = subjectOf(element);
      const moved: MovedRow = { kind: "moved", id, subject, host, pair, ...between(former.element, element) };
      rows.moved.push(moved);
      rows.formers.set(former.id, moved);
      rows.paired.add(id);
    },
  };
}

/** The earlier element under the later one's id and ends, so that only what else differs is left. */
function withPlaceOf(former: Element, element: Element): Element {
  if (isLink(former) && isLink(element)) return { ...former, id: element.id, from: element.from, to: element.to };
  return { ...former, id: element.id };
}

interface Slot {
  former?: RemovedRow | undefined;
  row?: AddedRow | undefined;
  /** More than one on either side: nothing tells which is which. */
  isAmbiguous: boolean;
}

interface Recognition {
  readonly identity: (node: Node) => string | undefined;
  readonly isAsked: (rows: Rows, row: AddedRow) => boolean;
  readonly pair: Pair;
}

function* pairByIdentity(rows: Rows, { identity, isAsked, pair }: Recognition): Sliced<void> {
  const asked: AddedRow[] = [];
  yield* inSlices(rows.added.values(), (row) => {
    if (isAsked(rows, row)) asked.push(row);
  });
  if (rows.removed.size === 0 || asked.length === 0) return;
  const slots = new Map<string, Slot>();
  yield* inSlices(rows.removed.values(), (former) => {
    const key = isLink(former.element) ? undefined : identity(former.element);
    if (key === undefined) return;
    const slot = slots.get(key);
    if (slot === undefined) slots.set(key, { former, isAmbiguous: false });
    else slot.isAmbiguous = true;
  });
  yield* inSlices(asked, (row) => {
    const key = isLink(row.element) ? undefined : identity(row.element);
    const slot = key === undefined ? undefined : slots.get(key);
    if (slot === undefined) return;
    if (slot.row === undefined) slot.row = row;
    else slot.isAmbiguous = true;
  });
  yield* inSlices(slots.values(), ({ former, row, isAmbiguous }) => {
    const isSame = former?.id === row?.id;
    if (former !== undefined && row !== undefined && !isAmbiguous && !isSame) pair(former, row);
  });
}

/** What stands in a namespace that moved is found at the same place below it. */
function* pairBelowNamespaces(rows: Rows, pair: Pair): Sliced<void> {
  if (![...rows.formers.values()].some((row) => row.kind === "moved" && row.subject.kind === "netns")) return;
  const added: ReadonlyMap<string, AddedRow> = rows.added;
  yield* inSlices([...rows.removed.values()], (former) => {
    const namespace = namespaceAbove(former.id);
    const moved = namespace === undefined ? undefined : rows.formers.get(namespace);
    if (namespace === undefined || moved === undefined || isLink(former.element)) return;
    const row = added.get(`${moved.id}${former.id.slice(namespace.length)}`);
    if (row !== undefined && row.element.kind === former.element.kind) pair(former, row);
  });
}

export function namespaceAbove(id: ElementId): ElementId | undefined {
  return parseElementId(/^host\/[^/]+\/netns\/[^/]+(?=\/)/.exec(id)?.[0] ?? "");
}

/** A link between things that moved is the link between what they are now. */
function* pairLinks(rows: Rows, pair: Pair): Sliced<void> {
  if (rows.formers.size === 0) return;
  const now = (id: ElementId): ElementId => rows.formers.get(id)?.id ?? id;
  const gone = new Map<string, RemovedRow>();
  yield* inSlices(rows.removed.values(), (former) => {
    const link = former.element;
    if (isLink(link) && (rows.formers.has(link.from) || rows.formers.has(link.to))) {
      gone.set(linkKey(link, now(link.from), now(link.to)), former);
    }
  });
  if (gone.size === 0) return;
  yield* inSlices([...rows.added.values()], (row) => {
    if (!isLink(row.element)) return;
    const former = gone.get(linkKey(row.element, row.element.from, row.element.to));
    if (former !== undefined) pair(former, row);
  });
}

function linkKey({ kind }: Link, from: ElementId, to: ElementId): string {
  return `${kind} ${from} ${to}`;
}
