import { type Attributes, type Element, LINK_KINDS, type Link } from "../../../core/element.ts";
import { ownerHostOf, parseElementId } from "../../../core/element-id.ts";
import type { Change } from "../../model/change.ts";
import { testOf } from "./filter.ts";
import type { Filter } from "./steps.ts";

/**
 * Whether a change passes a filter. `Change` is what happened to it: `added`, `removed` or `updated`. Of an update
 * little more is known than what changed: its attributes are those after it, else those before.
 */
export function changeTestOf(filter: Filter): (change: Change) => boolean {
  const test = testOf(filter);
  return (change) => test(pictureOf(change));
}

export function pictureOf(change: Change): Element {
  switch (change.kind) {
    case "add":
      return withWord(change.element, "added");
    case "remove":
      return withWord(change.element, "removed");
    case "update":
      return updated(change);
  }
}

/** `@host` is known only when it changed, else it is in the id. */
function updated({ id, subject, before, after }: Extract<Change, { kind: "update" }>): Element {
  const attributes = { ...ordinary(before), ...ordinary(after), Change: "updated" };
  const { kind, name } = subject;
  if (isLinkKind(kind)) return { id, kind, from: id, to: id, attributes };
  const { "@host": host, "@parent": parent } = { ...before, ...after };
  return {
    id,
    kind,
    name: name ?? "",
    cluster: "",
    host: typeof host === "string" ? host : ownerHostOf(id),
    parent: typeof parent === "string" ? parseElementId(parent) : undefined,
    attributes,
  };
}

function withWord(element: Element, word: string): Element {
  return { ...element, attributes: { ...element.attributes, Change: word } };
}

function ordinary(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith("@")));
}

function isLinkKind(kind: Element["kind"]): kind is Link["kind"] {
  return LINK_KIND_SET.has(kind);
}

const LINK_KIND_SET: ReadonlySet<string> = new Set(LINK_KINDS);
