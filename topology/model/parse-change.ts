import type { Attributes, AttributeValue, Element } from "../../core/element.ts";
import { parseElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import type { Change, Subject } from "./change.ts";
import { isAttributeValue, isElementKind, parseElement } from "./parse-element.ts";

/** A change from outside, with `renamedFrom` under its name in JSON, `renamed_from`. Undefined when it is none. */
export function parseChange(value: unknown): Change | undefined {
  if (!isRecord(value)) return undefined;
  switch (value.kind) {
    case "add":
      return parseAdd(elementIn(value.element), value.renamed_from);
    case "remove": {
      const element = elementIn(value.element);
      return element && { kind: "remove", element };
    }
    case "update":
      return parseUpdate(value);
    default:
      return undefined;
  }
}

function parseAdd(element: Element | undefined, renamedFrom: unknown): Change | undefined {
  if (element === undefined || renamedFrom === undefined) return element && { kind: "add", element };
  const id = typeof renamedFrom === "string" ? parseElementId(renamedFrom) : undefined;
  return id && { kind: "add", element, renamedFrom: id };
}

function parseUpdate(value: Record<string, unknown>): Change | undefined {
  const id = typeof value.id === "string" ? parseElementId(value.id) : undefined;
  const subject = parseSubject(value.subject);
  const [before, after] = [parseUpdated(value.before), parseUpdated(value.after)];
  if (id === undefined || subject === undefined || before === undefined || after === undefined) return undefined;
  return { kind: "update", id, subject, before, after };
}

export function parseSubject(value: unknown): Subject | undefined {
  if (!isRecord(value) || !isElementKind(value.kind)) return undefined;
  return typeof value.name === "string" ? { kind: value.kind, name: value.name } : { kind: value.kind };
}

/** The attributes of an update; unlike those of an element they may have reserved names (`@parent`). */
export function parseUpdated(value: unknown): Attributes | undefined {
  if (!isRecord(value)) return undefined;
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, item] of Object.entries(value)) {
    if (name === "__proto__" || !isAttributeValue(item)) return undefined;
    attributes[name] = item;
  }
  return attributes;
}

function elementIn(value: unknown): Element | undefined {
  const parsed = parseElement(value);
  return parsed.kind === "element" ? parsed.element : undefined;
}
