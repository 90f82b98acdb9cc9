import type { Attributes, AttributeValue, Element } from "../core/element.ts";
import { OperatorError } from "../core/errors.ts";
import { type Owner, originOf } from "./ownership.ts";

/** How large an element may be. What is past a limit is refused by name, never cut. */
export interface ElementLimits {
  readonly attributes: number;
  readonly nameLength: number;
  readonly textLength: number;
  readonly listItems: number;
  /** All attribute names and values of one element together, in UTF-16 units. */
  readonly totalLength: number;
  readonly elementsPerHost: number;
  /** Of an owner that speaks for the whole cluster. */
  readonly elementsPerCluster: number;
}

export const ELEMENT_LIMITS: ElementLimits = {
  attributes: 256,
  nameLength: 200,
  textLength: 4_096,
  listItems: 2_048,
  totalLength: 65_536,
  elementsPerHost: 20_000,
  elementsPerCluster: 4_000_000,
};

/** The refusal for an element past a limit; undefined when it is within all of them. */
export function limitBrokenBy(element: Element, limits: ElementLimits): OperatorError | undefined {
  const entries = Object.entries(element.attributes);
  if (entries.length > limits.attributes) {
    return tooLarge(element, `${entries.length} attributes, the limit is ${limits.attributes}`);
  }
  if ("name" in element && element.name.length > limits.nameLength) {
    return tooLarge(element, `a name of ${element.name.length} characters, the limit is ${limits.nameLength}`);
  }
  for (const [name, value] of entries) {
    const broken = attributeLimitBrokenBy(name, value, limits);
    if (broken !== undefined) return tooLarge(element, broken);
  }
  const total = totalLength(element.attributes);
  if (total > limits.totalLength) return tooLarge(element, `${total} characters, the limit is ${limits.totalLength}`);
  return undefined;
}

/** How many elements this owner may have. */
export function maxElementsOf(owner: Owner, limits: ElementLimits): number {
  return "host" in owner ? limits.elementsPerHost : limits.elementsPerCluster;
}

export function tooManyElements(owner: Owner, count: number, limits: ElementLimits): OperatorError {
  const whose = "host" in owner ? `host ${owner.host}` : originOf(owner);
  return new OperatorError({
    code: "topology.too_many_elements",
    message: `${whose} would have ${count} elements, the limit is ${maxElementsOf(owner, limits)}`,
    hint: "leave out what nobody looks at (agent setting `topology.ignore`), or raise the collector's limit",
    status: 413,
  });
}

function attributeLimitBrokenBy(name: string, value: AttributeValue, limits: ElementLimits): string | undefined {
  if (name.length > limits.nameLength) {
    return `an attribute name of ${name.length} characters, the limit is ${limits.nameLength}`;
  }
  const items = typeof value === "object" ? value : [value];
  if (items.length > limits.listItems) {
    return `${items.length} items in ${name}, the limit is ${limits.listItems}`;
  }
  const longest = items.reduce<number>((length, item) => Math.max(length, lengthOf(item)), 0);
  if (longest > limits.textLength) return `${longest} characters in ${name}, the limit is ${limits.textLength}`;
  return undefined;
}

function totalLength(attributes: Attributes): number {
  let total = 0;
  for (const [name, value] of Object.entries(attributes)) {
    total += name.length;
    for (const item of typeof value === "object" ? value : [value]) total += lengthOf(item);
  }
  return total;
}

function lengthOf(item: string | number | boolean): number {
  return typeof item === "string" ? item.length : 8;
}

function tooLarge(element: Element, what: string): OperatorError {
  return new OperatorError({
    code: "topology.element_too_large",
    message: `element ${element.id} has ${what}`,
    hint: "counters, routes, MAC tables and leases belong into metrics, not into the topology",
    status: 413,
  });
}
