import type { Attributes, AttributeValue, Element } from "../../core/element.ts";
import { isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { TextPool } from "./text-pool.ts";

/**
 * An equal element that shares its texts with others, of one shape for all nodes and one for all links.
 * `knownId` gives the text an id is already kept as.
 */
export function compactElement(element: Element, pool: TextPool, knownId: (id: ElementId) => ElementId): Element {
  const attributes = compactAttributes(element.attributes, pool);
  if (isLink(element)) {
    const { id, kind, from, to } = element;
    return { id, kind, from: knownId(from), to: knownId(to), attributes };
  }
  const { id, kind, name, cluster, host, parent } = element;
  return {
    id,
    kind,
    name: pool.same(name),
    cluster: pool.same(cluster),
    host: host === undefined ? undefined : pool.same(host),
    parent: parent === undefined ? undefined : knownId(parent),
    attributes,
  };
}

const NO_ATTRIBUTES: Attributes = Object.freeze({});

function compactAttributes(attributes: Attributes, pool: TextPool): Attributes {
  // The copy keeps the shape of the original, which an object built name by name would not.
  const copy: Record<string, AttributeValue> = { ...attributes };
  let isEmpty = true;
  for (const name in copy) {
    isEmpty = false;
    const value = copy[name];
    if (typeof value === "string") copy[name] = pool.same(value);
    else if (typeof value === "object")
      copy[name] = value.map((item) => (typeof item === "string" ? pool.same(item) : item));
  }
  return isEmpty ? NO_ATTRIBUTES : copy;
}
