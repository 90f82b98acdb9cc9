import type { Attributes, Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { diffElement } from "./change.ts";
import type { Topology } from "./topology.ts";

/** What differs between two moments, as people read it: a rename is one row, a move is not an update. */
export interface Comparison {
  readonly added: readonly { readonly element: Element; readonly renamedFrom?: ElementId | undefined }[];
  readonly removed: readonly Element[];
  readonly updated: readonly UpdatedElement[];
  /** Elements whose parent or host changed; not in `updated`. */
  readonly moved: readonly UpdatedElement[];
}

export interface UpdatedElement {
  /** As it is at the later moment. */
  readonly element: Element;
  readonly before: Attributes;
  readonly after: Attributes;
}

export interface ComparisonInput {
  /** Every element that changed between the two moments, as it was at the earlier; others may be left out. */
  readonly before: Topology;
  readonly after: Topology;
  /** New id → id before, as the change log told it. */
  readonly renames: ReadonlyMap<ElementId, ElementId>;
  /** Attributes that do not count. */
  readonly ignore: ReadonlySet<string>;
}

export function compare({ before, after, renames, ignore }: ComparisonInput): Comparison {
  const added: Element[] = [];
  const removed = new Map<ElementId, Element>();
  const updated: UpdatedElement[] = [];
  const moved: UpdatedElement[] = [];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    for (const change of diffElement(before.get(id), after.get(id))) {
      if (change.kind === "add") added.push(change.element);
      else if (change.kind === "remove") removed.set(id, change.element);
      else {
        const row = updatedElement(after.get(id), without(change.before, ignore), without(change.after, ignore));
        if (row !== undefined) (isMove(row) ? moved : updated).push(row);
      }
    }
  }
  const rows = added.map((element) => {
    const origin = originalOf(element.id, renames, removed);
    return origin === undefined ? { element } : { element, renamedFrom: origin };
  });
  for (const { renamedFrom } of rows) if (renamedFrom !== undefined) removed.delete(renamedFrom);
  return { added: rows, removed: [...removed.values()], updated, moved };
}

function updatedElement(
  element: Element | undefined,
  before: Attributes,
  after: Attributes,
): UpdatedElement | undefined {
  const isEmpty = Object.keys(before).length === 0 && Object.keys(after).length === 0;
  return element === undefined || isEmpty ? undefined : { element, before, after };
}

function without(attributes: Attributes, ignore: ReadonlySet<string>): Attributes {
  if (ignore.size === 0) return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !ignore.has(name)));
}

function isMove({ before, after }: UpdatedElement): boolean {
  return ["@parent", "@host"].some((name) => name in before || name in after);
}

/** Follows a chain of renames back to an element that was there before and is gone now. */
function originalOf(
  id: ElementId,
  renames: ReadonlyMap<ElementId, ElementId>,
  removed: ReadonlyMap<ElementId, Element>,
): ElementId | undefined {
  const seen = new Set<ElementId>();
  let current = renames.get(id);
  while (current !== undefined && !seen.has(current)) {
    if (removed.has(current)) return current;
    seen.add(current);
    current = renames.get(current);
  }
  return undefined;
}
