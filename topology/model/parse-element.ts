import {
  type Attributes,
  type AttributeValue,
  type Element,
  LINK_KINDS,
  type LinkKind,
  NODE_KINDS,
  type NodeKind,
} from "../../core/element.ts";
import { type ElementId, parseElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";

/** What is wrong with something that should be an element; `path` names the member, as `attributes.mtu`. */
export interface ElementProblem {
  readonly path: string;
  readonly problem: string;
}

export type ParsedElement =
  | { readonly kind: "element"; readonly element: Element }
  | { readonly kind: "problem"; readonly problem: ElementProblem };

const NODE_KIND_SET: ReadonlySet<string> = new Set(NODE_KINDS);
const LINK_KIND_SET: ReadonlySet<string> = new Set(LINK_KINDS);

/** An element from outside: an agent's message, a stored row, a reply of the API. Unknown members are dropped. */
export function parseElement(value: unknown): ParsedElement {
  if (!isRecord(value)) return problem("", "is not an object");
  const id = idOf(value.id);
  if (id === undefined) return problem("id", "is not an element id");
  const attributes = parseAttributes(value.attributes);
  if ("problem" in attributes) return { kind: "problem", problem: attributes };
  return "from" in value || "to" in value
    ? parseLink(value, id, attributes.attributes)
    : parseNode(value, id, attributes.attributes);
}

function parseLink(value: Record<string, unknown>, id: ElementId, attributes: Attributes): ParsedElement {
  const [from, to] = [idOf(value.from), idOf(value.to)];
  if (!isLinkKind(value.kind)) return problem("kind", "is not a kind of link");
  if (from === undefined) return problem("from", "is not an element id");
  if (to === undefined) return problem("to", "is not an element id");
  return { kind: "element", element: { id, kind: value.kind, from, to, attributes } };
}

function parseNode(value: Record<string, unknown>, id: ElementId, attributes: Attributes): ParsedElement {
  const { kind, name, cluster, host, parent } = value;
  if (!isNodeKind(kind)) return problem("kind", "is not a kind of node");
  if (typeof name !== "string" || name === "") return problem("name", "is not a text");
  if (typeof cluster !== "string") return problem("cluster", "is not a text");
  if (host !== undefined && typeof host !== "string") return problem("host", "is not a text");
  const parentId = parent === undefined ? undefined : idOf(parent);
  if (parent !== undefined && parentId === undefined) return problem("parent", "is not an element id");
  return { kind: "element", element: { id, kind, name, cluster, host, parent: parentId, attributes } };
}

/** Refuses reserved names (`@…`), `__proto__`, nested values and numbers JSON cannot carry. */
export function parseAttributes(value: unknown): { readonly attributes: Attributes } | ElementProblem {
  if (!isRecord(value)) return { path: "attributes", problem: "is not an object" };
  const attributes: Record<string, AttributeValue> = {};
  for (const name of Object.keys(value)) {
    const item = value[name];
    if (item === undefined) continue;
    if (name === "" || name.startsWith("@") || name === "__proto__") {
      return { path: `attributes.${name}`, problem: "is a reserved name" };
    }
    if (!isAttributeValue(item)) {
      return { path: `attributes.${name}`, problem: "is neither text, number, truth value nor a list of those" };
    }
    attributes[name] = item;
  }
  return { attributes };
}

export function isAttributeValue(value: unknown): value is AttributeValue {
  if (typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === "string" || (typeof item === "number" && Number.isFinite(item)))
  );
}

export function isElementKind(value: unknown): value is Element["kind"] {
  return isNodeKind(value) || isLinkKind(value);
}

function idOf(value: unknown): ElementId | undefined {
  return typeof value === "string" ? parseElementId(value) : undefined;
}

function isNodeKind(value: unknown): value is NodeKind {
  return typeof value === "string" && NODE_KIND_SET.has(value);
}

export function isLinkKind(value: unknown): value is LinkKind {
  return typeof value === "string" && LINK_KIND_SET.has(value);
}

function problem(path: string, text: string): ParsedElement {
  return { kind: "problem", problem: { path, problem: text } };
}
