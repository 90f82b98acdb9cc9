import type { Attributes, Element, Node } from "../../../core/element.ts";
import { isLink } from "../../../core/element.ts";

// Attributes come from agents of any version and from OpenStack: a value of another type counts as not said.

export function textOf(attributes: Attributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function numberOf(attributes: Attributes, name: string): number | undefined {
  const value = attributes[name];
  return typeof value === "number" ? value : undefined;
}

/** The texts of a list; a single text counts as a list of one. */
export function textsOf(attributes: Attributes, name: string): readonly string[] {
  const value = attributes[name];
  if (typeof value === "string") return value === "" ? [] : [value];
  return isTextList(value) ? value : [];
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

export function isNode(element: Element): element is Node {
  return !isLink(element);
}

/** `10.0.0.1/24` → `10.0.0.1` */
export function withoutPrefixLength(address: string): string {
  const slash = address.indexOf("/");
  return slash < 0 ? address : address.slice(0, slash);
}

/** What a breach tells of a long list: the first ones; how many there are is said beside them. */
export const MAX_LISTED = 20;
