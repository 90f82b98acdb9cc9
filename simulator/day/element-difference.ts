import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { ElementChange } from "./utterance.ts";

/** What leads from one state of a host to the next: removals first, then puts in the order of `after`. */
export function elementDifference(before: readonly Element[], after: readonly Element[]): readonly ElementChange[] {
  const old = new Map<ElementId, Element>(before.map((element) => [element.id, element]));
  const puts: ElementChange[] = [];
  for (const element of after) {
    const was = old.get(element.id);
    old.delete(element.id);
    if (was === undefined || JSON.stringify(was) !== JSON.stringify(element)) {
      puts.push({ id: element.id, before: was, after: element });
    }
  }
  const removals = [...old.values()].map(
    (element): ElementChange => ({ id: element.id, before: element, after: undefined }),
  );
  return [...removals, ...puts];
}
