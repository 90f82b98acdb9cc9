import type { AttributeValue, Link, Node, NodeKind } from "../../../core/element.ts";
import { type ElementId, elementIdOf } from "../../../core/element-id.ts";
import { type ApiObject, attributesOf, cutName, textAt } from "../api/words.ts";
import type { Names } from "../names.ts";

/** What an object's elements say besides what the object says. */
export interface ElementContext {
  readonly cluster: string;
  readonly region: string;
  readonly projects: Pick<Names, "get">;
  readonly images: Pick<Names, "get">;
}

/** An object as the topology has it: its node, and the links that start there. */
export interface ToldObject {
  readonly node: Node;
  readonly links: readonly Link[];
}

export type Values = { readonly [name: string]: AttributeValue | undefined };

export interface NodeParts {
  readonly id: ElementId;
  readonly kind: NodeKind;
  readonly name: string;
  readonly host?: string | undefined;
  readonly parent?: ElementId | undefined;
  readonly values: Values;
}

export function nodeOf({ id, kind, name, host, parent, values }: NodeParts, { cluster, region }: ElementContext): Node {
  const attributes = attributesOf({ ...values, region });
  return { id, kind, name: cutName(name), cluster, host, parent, attributes };
}

export const neutronId = (kind: string, uuid: string): ElementId => elementIdOf("neutron", kind, uuid);
export const openstackId = (kind: string, ...rest: readonly string[]): ElementId =>
  elementIdOf("openstack", kind, ...rest);
export const vmId = (uuid: string): ElementId => elementIdOf("vm", uuid);

export function projectValues(object: ApiObject, { projects }: ElementContext): Values {
  const id = textAt(object, "project_id") ?? textAt(object, "tenant_id");
  return { project_id: id, project: projects.get(id) };
}

export function told(node: Node, links: readonly Link[] = []): ToldObject {
  return { node, links };
}
