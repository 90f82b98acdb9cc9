import type { Static } from "typebox";
import type { Element } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { DiffResponse, UpdatedElement } from "../../api/topology.ts";
import type { ChangedElement, Difference, RenamedElement } from "../model/difference.ts";
import { parseElement, parseId } from "./parse.ts";

/** Folds a removal and the addition that names it as its former self into one renaming. */
export function parseDifference(wire: DiffResponse): Difference {
  const removed = new Map<ElementId, Element>(wire.removed.map((each) => [parseId(each.id), parseElement(each)]));
  const added: Element[] = [];
  const renamed: RenamedElement[] = [];
  for (const { element, renamed_from } of wire.added) {
    const parsed = parseElement(element);
    const formerId = renamed_from === undefined ? undefined : parseId(renamed_from);
    if (formerId === undefined) {
      added.push(parsed);
      continue;
    }
    renamed.push({ element: parsed, from: removed.get(formerId) ?? formerId });
    removed.delete(formerId);
  }
  return {
    added,
    removed: [...removed.values()],
    changed: [
      ...wire.updated.map((each) => parseUpdated(each, false)),
      ...wire.moved.map((each) => parseUpdated(each, true)),
    ],
    renamed,
    unknownHosts: new Set(wire.unknown_hosts),
  };
}

function parseUpdated(wire: Static<typeof UpdatedElement>, moved: boolean): ChangedElement {
  return { element: parseElement(wire.element), before: wire.before, after: wire.after, moved };
}
