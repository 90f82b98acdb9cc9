import { type Element, isLink } from "../../core/element.ts";
import { type ElementId, isWithin } from "../../core/element-id.ts";

/** A part of a topology. Left out means no bound. */
export interface Scope {
  /** This element and what stands below it, by its id. */
  readonly root?: ElementId | undefined;
  /** Levels of `parent` below the root, or below elements without a parent; 0 is those alone. */
  readonly depth?: number | undefined;
  readonly kinds?: ReadonlySet<string> | undefined;
}

export interface ElementLookup {
  get(id: ElementId): Element | undefined;
}

export function isInScope(lookup: ElementLookup, element: Element, scope: Scope): boolean {
  if (scope.root !== undefined && !isWithin(element.id, scope.root)) return false;
  if (scope.kinds !== undefined && !scope.kinds.has(element.kind)) return false;
  if (scope.depth === undefined) return true;
  const { root, depth } = scope;
  return ends(element, root).every((id) => levelOf(lookup, id, root, depth) <= depth);
}

/** A link is as deep as the deeper of its ends; an end outside the scope does not count. */
function ends(element: Element, root: ElementId | undefined): readonly ElementId[] {
  if (!isLink(element)) return [element.id];
  return [element.from, element.to].filter((id) => root === undefined || isWithin(id, root));
}

/** Steps of `parent` up to the root, or to an element without a known parent; more than `limit` counts as infinite. */
function levelOf(lookup: ElementLookup, id: ElementId, root: ElementId | undefined, limit: number): number {
  let current: ElementId = id;
  for (let level = 0; level <= limit; level++) {
    if (current === root) return level;
    const element = lookup.get(current);
    const parent = element === undefined || isLink(element) ? undefined : element.parent;
    // Whose parent is not there counts as a child of the root.
    if (parent === undefined || lookup.get(parent) === undefined) return root === undefined ? level : level + 1;
    current = parent;
  }
  return Number.POSITIVE_INFINITY;
}
