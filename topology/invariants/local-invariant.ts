import type { Element } from "../../core/element.ts";
import { parseElementId } from "../../core/element-id.ts";
import type { Invariant, Verdict } from "./invariant.ts";

/** What an element must be whatever the others are: the subject is the element, and nothing needs an index. */
export interface LocalRule extends Omit<Invariant, "judgeOf"> {
  wrongWith(element: Element): Verdict | undefined;
}

export function localInvariant({ wrongWith, ...rule }: LocalRule): Invariant {
  return {
    ...rule,
    judgeOf: (view) => ({
      take: (id, _element, touch) => touch(id),
      judge: (subject) => {
        const id = parseElementId(subject);
        const element = id === undefined ? undefined : view.get(id);
        return element === undefined || rule.reads[element.kind] === undefined ? undefined : wrongWith(element);
      },
    }),
  };
}
