import { volatileOf } from "../core/attribute-class.ts";
import { type Attributes, type Element, isLink } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { OperatorError } from "../core/errors.ts";
import { type ElementLimits, limitBrokenBy, maxElementsOf, tooManyElements } from "./limits.ts";
import { type Change, diffElement, withoutVolatile } from "./model/change.ts";
import { notOwner, type Owner, ownershipBrokenBy, ownsId } from "./ownership.ts";
import type { ChangeStatement, FullStatement, Statement, VolatileStatement } from "./statement.ts";

/** The state a decision is made against: the live graph, or the live graph as a commit under way will leave it. */
export interface StateView {
  get(id: ElementId): Element | undefined;
  ownedBy(owner: Owner): Iterable<ElementId>;
  countOwnedBy(owner: Owner): number;
}

export type Decision =
  | { readonly kind: "refused"; readonly error: OperatorError }
  /** `changes` become one revision; the volatile attributes of `present` are then current. */
  | { readonly kind: "accepted"; readonly changes: readonly Change[]; readonly present: readonly Present[] };

/** Whose volatile attributes are told: those among its attributes. */
interface Present {
  readonly id: ElementId;
  readonly attributes: Attributes;
}

export interface Terms {
  readonly cluster: string;
  readonly limits: ElementLimits;
  /** The host a name means, by whatever name OpenStack calls it; itself when nobody knows better. */
  readonly hostOf: (name: string) => string;
  readonly damping: {
    /** What is told as it is to be recorded. */
    recordedAs(owner: Owner, recorded: Element | undefined, told: Element): Element;
    /** What records the state of an element that was held back. */
    settle(recorded: Element | undefined): readonly Change[];
  };
}

/**
 * What a statement comes to. Pure: the same state, statement and terms always give the same decision. A long statement has
 * pauses, in which the view must not change.
 */
export function* deciding(view: StateView, statement: Statement, terms: Terms): Generator<undefined, Decision> {
  const { owner } = statement;
  if (statement.kind === "settled") {
    const settled = statement.ids.flatMap((id) => terms.damping.settle(view.get(id)));
    return { kind: "accepted", changes: settled, present: [] };
  }
  if (statement.kind === "volatile") return yield* decidingVolatile(view, statement, terms);
  const said = statement.kind === "full" ? statement.elements : statement.put;
  const foreign = statement.kind === "full" ? undefined : statement.remove.find((id) => !ownsId(owner, id));
  const present: Element[] = [];
  for (const element of said) {
    const error = ownershipBrokenBy(owner, element) ?? limitBrokenBy(element, terms.limits);
    if (error !== undefined) return { kind: "refused", error };
    present.push(terms.damping.recordedAs(owner, view.get(element.id), normalised(element, owner, terms)));
    if (present.length % PAUSE_EVERY === 0) yield;
  }
  if (foreign !== undefined) return { kind: "refused", error: notOwner(owner, foreign) };
  const renames = statement.kind === "full" ? undefined : renamesIn(view, statement);
  const changes = removals(view, goneIn(view, statement, renames, present));
  yield* puts(view, present, renames, changes);
  const growth = growthOf(changes);
  const count = view.countOwnedBy(owner) + growth;
  if (count > maxElementsOf(owner, terms.limits) && growth > 0) {
    return { kind: "refused", error: tooManyElements(owner, count, terms.limits) };
  }
  return { kind: "accepted", changes, present };
}

const PAUSE_EVERY = 128;

function* decidingVolatile(
  view: StateView,
  { owner, values }: VolatileStatement,
  { limits }: Terms,
): Generator<undefined, Decision> {
  const present: Present[] = [];
  let looked = 0;
  for (const [id, attributes] of values) {
    if (++looked % PAUSE_EVERY === 0) yield;
    if (!ownsId(owner, id)) return { kind: "refused", error: notOwner(owner, id) };
    const known = view.get(id);
    if (known === undefined) continue;
    const volatile = volatileOf(attributes);
    const whole = { ...known, attributes: { ...withoutVolatile(known).attributes, ...volatile } };
    const error = limitBrokenBy(whole, limits);
    if (error !== undefined) return { kind: "refused", error };
    present.push({ id, attributes: volatile });
  }
  return { kind: "accepted", changes: [], present };
}

/** Cluster, and host where a host speaks, are facts of the session, whatever is written there. */
function normalised(element: Element, owner: Owner, { cluster, hostOf }: Terms): Element {
  if (isLink(element)) return element;
  if ("host" in owner) return { ...element, cluster, host: owner.host };
  return { ...element, cluster, host: element.host === undefined ? undefined : hostOf(element.host) };
}

/** What the statement says is not there any more. */
function goneIn(
  view: StateView,
  statement: FullStatement | ChangeStatement,
  renames: ReadonlyMap<ElementId, ElementId> | undefined,
  present: readonly Element[],
): readonly ElementId[] {
  const named = new Set(present.map((element) => element.id));
  const gone =
    statement.kind === "full"
      ? view.ownedBy(statement.owner)
      : new Set([...statement.remove, ...(renames?.values() ?? [])]);
  return [...gone].filter((id) => !named.has(id));
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

function removals(view: StateView, ids: readonly ElementId[]): Change[] {
  return ids.flatMap((id) => {
    const element = view.get(id);
    return element === undefined ? [] : [{ kind: "remove", element: withoutVolatile(element) } as const];
  });
}

/** Adds to `changes`. An element named twice in one statement counts as it was named last. */
function* puts(
  view: StateView,
  present: readonly Element[],
  renames: ReadonlyMap<ElementId, ElementId> | undefined,
  changes: Change[],
): Generator<undefined, void> {
  const last = new Map(present.map((element) => [element.id, element]));
  let looked = 0;
  for (const element of last.values()) {
    for (const change of diffElement(view.get(element.id), element)) changes.push(versioned(change, renames));
    if (++looked % PAUSE_EVERY === 0) yield;
  }
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
