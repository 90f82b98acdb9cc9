import type { ElementId } from "../../../core/element-id.ts";
import { type Change, changedId, invert } from "../change.ts";

/** The net changes of a span as they read from its end to its beginning, in the same order; renames lead back. */
export function reversed(changes: readonly Change[]): readonly Change[] {
  const renames = new Map<ElementId, ElementId>();
  for (const change of changes) {
    if (change.kind === "add" && change.renamedFrom !== undefined) renames.set(change.renamedFrom, change.element.id);
  }
  return changes
    .flatMap((forwards) => invert([forwards]))
    .map((change): Change => {
      const renamedFrom = change.kind === "add" ? renames.get(changedId(change)) : undefined;
      return change.kind === "add" && renamedFrom !== undefined ? { ...change, renamedFrom } : change;
    });
}
