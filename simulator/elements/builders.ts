import type { Attributes, AttributeValue, Node, NodeKind } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";

export interface NodeParts {
  readonly id: ElementId;
  readonly kind: NodeKind;
  readonly name: string;
  readonly host: string;
  readonly parent: ElementId;
  readonly attributes: { readonly [name: string]: AttributeValue | undefined };
}

/** A node as an agent says it: the cluster is the collector's to fill in. */
export function nodeOf({ id, kind, name, host, parent, attributes }: NodeParts): Node {
  return { id, kind, name, cluster: "", host, parent, attributes: known(attributes) };
}

/** Absent is said by leaving out. */
function known(values: NodeParts["attributes"]): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !(typeof value === "object" && value.length === 0)) attributes[name] = value;
  }
  return attributes;
}
