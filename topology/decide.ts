import { type Element, isLink } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { OperatorError } from "../core/errors.ts";
import { type ElementLimits, limitBrokenBy, tooManyElements } from "./limits.ts";
import { type Change, diffElement, withoutVolatile } from "./model/change.ts";
import { notOwner, type Owner, ownershipBrokenBy, ownsId } from "./ownership.ts";
import type { ChangeStatement, FullStatement, Statement } from "./statement.ts";

/** The state a decision is made against: the live graph, or the live graph as a commit under way will leave it. */
export interface StateView {
  get(id: ElementId): Element | undefined;
  ownedBy(host: string): Iterable<ElementId>;
  countOwnedBy(host: string): number;
}

export type Decision =
  | { readonly kind: "refused"; readonly error: OperatorError }
  /** `changes` become one revision; the volatile attributes of `present` are then current. */
  | { readonly kind: "accepted"; readonly changes: readonly Change[]; readonly present: readonly Element[] };

export interface Terms {
  readonly cluster: string;
  readonly limits: ElementLimits;
}

/** What a statement comes to. Pure: the same state, statement and terms always give the same decision. */
export function decide(view: StateView, statement: Statement, terms: Terms): Decision {
  const said = statement.kind === "full" ? statement.elements : statement.put;
  const removed = statement.kind === "full" ? [] : statement.remove;
  const error = refusalOf(statement.owner, said, removed, terms.limits);
  if (error !== undefined) return { kind: "refused", error };
  const present = said.map((element) => normalised(element, statement.owner, terms.cluster));
  const changes =
    statement.kind === "full" ? changesOfFull(view, statement, present) : changesOf(view, statement, present);
  const count = view.countOwnedBy(statement.owner.host) + growthOf(changes);
  if (count > terms.limits.elementsPerHost && growthOf(changes) > 0) {
    return { kind: "refused", error: tooManyElements(statement.owner.host, count, terms.limits) };
  }
  return { kind: "accepted", changes, present };
}

function refusalOf(
  owner: Owner,
  said: readonly Element[],
  removed: readonly ElementId[],
  limits: ElementLimits,
): OperatorError | undefined {
  for (const element of said) {
    const error = ownershipBrokenBy(owner, element) ?? limitBrokenBy(element, limits);
    if (error !== undefined) return error;
  }
  const foreign = removed.find((id) => !ownsId(owner, id));
  return foreign === undefined ? undefined : notOwner(owner, foreign);
}

/** Cluster and host are facts of the session, whatever the agent wrote there. */
function normalised(element: Element, owner: Owner, cluster: string): Element {
  return isLink(element) ? element : { ...element, cluster, host: owner.host };
}

function changesOfFull(view: StateView, statement: FullStatement, present: readonly Element[]): readonly Change[] {
  const named = new Set(present.map((element) => element.id));
  const { owner } = statement;
  const gone = [...view.ownedBy(owner.host)].filter((id) => !named.has(id) && ownsId(owner, id));
  return [...removals(view, gone), ...puts(view, present)];
}

function changesOf(view: StateView, statement: ChangeStatement, present: readonly Element[]): readonly Change[] {
  const renames = renamesIn(view, statement);
  const named = new Set(present.map((element) => element.id));
  const gone = new Set([...statement.remove, ...renames.values()]);
  const reallyGone = [...gone].filter((id) => !named.has(id));
  return [...removals(view, reallyGone), ...puts(view, present, renames)];
}

/** Only renames of something we know to something we do not: anything else is an ordinary put. */
function renamesIn(view: StateView, statement: ChangeStatement): ReadonlyMap<ElementId, ElementId> {
  const put = new Set(statement.put.map((element) => element.id));
  const renames = new Map<ElementId, ElementId>();
  for (const [newId, oldId] of statement.renamed ?? []) {
    const isRename = put.has(newId) && !put.has(oldId) && ownsId(statement.owner, oldId);
    if (isRename && view.get(oldId) !== undefined && view.get(newId) === undefined) renames.set(newId, oldId);
  }
  return renames;
}

function removals(view: StateView, ids: Iterable<ElementId>): readonly Change[] {
  return [...ids].flatMap((id) => {
    const element = view.get(id);
    return element === undefined ? [] : [{ kind: "remove", element: withoutVolatile(element) } as const];
  });
}

/** An element named twice in one statement counts as it was named last. */
function puts(
  view: StateView,
  present: readonly Element[],
  renames?: ReadonlyMap<ElementId, ElementId>,
): readonly Change[] {
  const last = new Map(present.map((element) => [element.id, element]));
  return [...last.values()].flatMap((element) =>
    diffElement(view.get(element.id), element).map((change) => versioned(change, renames)),
  );
}

function versioned(change: Change, renames: ReadonlyMap<ElementId, ElementId> | undefined): Change {
  switch (change.kind) {
    case "update":
      return change;
    case "remove":
      return { kind: "remove", element: withoutVolatile(change.element) };
    case "add": {
      const renamedFrom = renames?.get(change.element.id);
      const element = withoutVolatile(change.element);
      return renamedFrom === undefined ? { kind: "add", element } : { kind: "add", element, renamedFrom };
    }
  }
}

function growthOf(changes: readonly Change[]): number {
  let growth = 0;
  for (const { kind } of changes) growth += kind === "add" ? 1 : kind === "remove" ? -1 : 0;
  return growth;
}
