import { type AttributeValue, type Element, isLink } from "../../../core/element.ts";

/** Attributes whose values a reader may search by, besides name and id. */
const SEARCHED =
  /^(addresses|mac|mac_in_use|alias|alt_names|external_ids\..*|(vxlan|geneve|gre)_(id|local|remote|group)|vlan_id|net_uuid|segmentation_id)$/;

/**
 * Whether an element answers to what was typed: a part of its name, id, MAC (with or without colons) or one of its
 * addresses. Its host's part of the id does not count: it is the same for all. Several words must all be found. Nothing typed matches everything.
 */
export function matches(element: Element, query: string): boolean {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return true;
  const texts = textsOf(element);
  const isFound = (word: string): boolean => texts.some((text) => text.includes(word)) || element.id === word;
  return words.every((word) => isFound(word) || isFound(asMac(word) ?? word));
}

/** `fa163e112233` or `fa-16-3e-11-22-33` as `fa:16:3e:11:22:33`; undefined when it is no whole MAC. */
function asMac(word: string): string | undefined {
  const digits = word.replace(/[-.:]/g, "");
  return /^[0-9a-f]{12}$/.test(digits) ? digits.replace(/(..)(?=.)/g, "$1:") : undefined;
}

function textsOf(element: Element): readonly string[] {
  const texts = [element.id.toLowerCase().replace(/^host\/[^/]+\//, "")];
  if (!isLink(element)) texts.push(element.name.toLowerCase());
  for (const [name, value] of Object.entries(element.attributes)) {
    if (SEARCHED.test(name)) texts.push(valueText(value).toLowerCase());
  }
  return texts;
}

/** An attribute's value on one line. */
export function valueText(value: AttributeValue): string {
  return Array.isArray(value) ? value.join(" ") : String(value);
}
