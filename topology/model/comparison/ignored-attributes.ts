import { attributeClass } from "../../../core/attribute-class.ts";
import type { Attributes } from "../../../core/element.ts";

/** Whether an attribute does not count. */
export type Ignored = (name: string) => boolean;

/** Everything that comes and goes by itself: links up and down, sessions, power. */
export const STATE_PRESET = "@state";

/**
 * `mtu` is that attribute, `external_ids.*` everything that begins with `external_ids.`, `@state` every attribute of the
 * class state. Empty patterns are left out.
 */
export function ignoredAttributes(patterns: readonly string[]): Ignored | undefined {
  const texts = patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== "");
  if (texts.length === 0) return undefined;
  const prefixes = texts.filter((text) => text.endsWith("*")).map((text) => text.slice(0, -1));
  const exact = new Set(texts);
  const ignoresState = exact.has(STATE_PRESET);
  return (name) =>
    exact.has(name) ||
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    (ignoresState && !name.startsWith("@") && attributeClass(name) === "state");
}

export function counted(attributes: Attributes, ignored: Ignored | undefined): Attributes {
  if (ignored === undefined) return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !ignored(name)));
}
