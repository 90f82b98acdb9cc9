import { isVolatile } from "../../core/attribute-class.ts";
import { type Attributes, type AttributeValue, type Element, isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { Topology } from "./topology.ts";

/**
 * What turns one topology into another; also the wire format of the live view and of replay.
 *
 * An update's `before` and `after` hold the attributes that differ and no others: absent in `before` means added,
 * absent in `after` means removed. A node's own fields travel as the reserved attributes `@name`, `@parent` and
 * `@host`. An element whose kind or ends change is removed and added. Volatile attributes never make a change.
 */
export type Change =
  | { readonly kind: "add"; readonly element: Element; readonly renamedFrom?: ElementId | undefined }
  | {
      readonly kind: "update";
      readonly id: ElementId;
      /** Whose update it is, so that a change can be read without the element: as it is afterwards. */
      readonly subject: Subject;
      readonly before: Attributes;
      readonly after: Attributes;
    }
  | { readonly kind: "remove"; readonly element: Element };

export interface Subject {
  readonly kind: Element["kind"];
  /** Undefined for links. */
  readonly name?: string | undefined;
}

export function subjectOf(element: Element): Subject {
  return isLink(element) ? { kind: element.kind } : { kind: element.kind, name: element.name };
}

export function changedId(change: Change): ElementId {
  return change.kind === "update" ? change.id : change.element.id;
}

/** The changes that turn one state of an element into another; undefined stands for "is not there". */
export function diffElement(before: Element | undefined, after: Element | undefined): readonly Change[] {
  if (before === undefined) return after === undefined ? [] : [{ kind: "add", element: after }];
  if (after === undefined) return [{ kind: "remove", element: before }];
  if (!sameIdentity(before, after)) {
    return [
      { kind: "remove", element: before },
      { kind: "add", element: after },
    ];
  }
  const [was, is] = [comparable(before), comparable(after)];
  const [changedFrom, changedTo]: [Record<string, AttributeValue>, Record<string, AttributeValue>] = [{}, {}];
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [left, right] = [was[name], is[name]];
    if (sameValue(left, right)) continue;
    if (left !== undefined) changedFrom[name] = left;
    if (right !== undefined) changedTo[name] = right;
  }
  const nothing = Object.keys(changedFrom).length === 0 && Object.keys(changedTo).length === 0;
  if (nothing) return [];
  return [{ kind: "update", id: before.id, subject: subjectOf(after), before: changedFrom, after: changedTo }];
}

/** Changes in an order that `apply` accepts: by id of the elements of `before`, then the new ones. */
export function diff(before: Topology, after: Topology): readonly Change[] {
  const changes: Change[] = [];
  for (const [id, element] of before) changes.push(...diffElement(element, after.get(id)));
  for (const [id, element] of after) if (!before.has(id)) changes.push({ kind: "add", element });
  return changes;
}

/** The slow, obvious oracle. `LiveGraph.apply` changes in place and obeys the same laws. */
export function apply(topology: Topology, changes: readonly Change[]): Topology {
  const result = new Map(topology);
  for (const change of changes) {
    const after = applyToElement(result.get(changedId(change)), change);
    if (after === undefined) result.delete(changedId(change));
    else result.set(after.id, after);
  }
  return result;
}

/** One change on one element. An update of an element that is not there changes nothing. */
export function applyToElement(element: Element | undefined, change: Change): Element | undefined {
  switch (change.kind) {
    case "add":
      return change.element;
    case "remove":
      return undefined;
    case "update":
      return element === undefined ? undefined : withAttributes(element, change.before, change.after);
  }
}

export function invert(changes: readonly Change[]): readonly Change[] {
  return changes.toReversed().map((change): Change => {
    switch (change.kind) {
      case "add":
        return { kind: "remove", element: change.element };
      case "remove":
        return { kind: "add", element: change.element };
      case "update":
        return { ...change, subject: subjectBefore(change), before: change.after, after: change.before };
    }
  });
}

function subjectBefore({ subject, before }: Extract<Change, { kind: "update" }>): Subject {
  const name = before["@name"];
  return typeof name === "string" ? { ...subject, name } : subject;
}

export function sameValue(left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => item === right[index]);
  }
  return left === right;
}

function sameIdentity(before: Element, after: Element): boolean {
  if (isLink(before) !== isLink(after) || before.kind !== after.kind) return false;
  if (isLink(before) && isLink(after)) return before.from === after.from && before.to === after.to;
  return !isLink(before) && !isLink(after) && before.cluster === after.cluster;
}

/** Versioned attributes, with a node's own fields under their reserved names. */
function comparable(element: Element): Attributes {
  const result: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(element.attributes)) {
    if (!isVolatile(name)) result[name] = value;
  }
  if (!isLink(element)) {
    result["@name"] = element.name;
    if (element.parent !== undefined) result["@parent"] = element.parent;
    if (element.host !== undefined) result["@host"] = element.host;
  }
  return result;
}

function withAttributes(element: Element, before: Attributes, after: Attributes): Element {
  const attributes: Record<string, AttributeValue> = { ...element.attributes };
  for (const name of Object.keys(before)) if (!name.startsWith("@")) delete attributes[name];
  for (const [name, value] of Object.entries(after)) if (!name.startsWith("@")) attributes[name] = value;
  if (isLink(element)) return { ...element, attributes };
  return {
    ...element,
    name: textOr(element.name, "@name" in before || "@name" in after, after["@name"]) ?? element.name,
    parent: textOr(element.parent, "@parent" in before || "@parent" in after, after["@parent"]) as
      | ElementId
      | undefined,
    host: textOr(element.host, "@host" in before || "@host" in after, after["@host"]),
    attributes,
  };
}

function textOr(
  unchanged: string | undefined,
  touched: boolean,
  value: AttributeValue | undefined,
): string | undefined {
  if (!touched) return unchanged;
  return typeof value === "string" ? value : undefined;
}

/** The element as it is versioned: without its volatile attributes. */
export function withoutVolatile<E extends Element>(element: E): E {
  const names = Object.keys(element.attributes);
  if (!names.some(isVolatile)) return element;
  const versioned = Object.entries(element.attributes).filter(([name]) => !isVolatile(name));
  return { ...element, attributes: Object.fromEntries(versioned) };
}
