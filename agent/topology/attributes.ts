import { type Attributes, type AttributeValue, type Element, isLink } from "../../core/element.ts";
import { MAX_ID_LENGTH } from "../../core/element-id.ts";
import { isPlainText, toPlainText } from "../../core/plain-text.ts";

/** The collector refuses what is larger, and with it the whole batch: better to say less of one element than nothing. */
const MAX_ATTRIBUTES = 250;
const MAX_LIST_ITEMS = 1_000;
const MAX_TEXT_CHARS = 4_000;
const MAX_NAME_CHARS = 190;

/**
 * Attributes without the names that have no value here: absent is said by leaving out. What is too large is cut, with
 * a mark, and what no log could show is replaced: a port may trunk 4,094 VLANs, and `external_ids` may hold anything.
 */
export function attributesOf(values: { readonly [name: string]: AttributeValue | undefined }): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  let count = 0;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    if (++count > MAX_ATTRIBUTES) break;
    attributes[cutText(name, MAX_NAME_CHARS)] = cutValue(value);
  }
  return attributes;
}

function cutValue(value: AttributeValue): AttributeValue {
  if (typeof value === "string") return cutText(value, MAX_TEXT_CHARS);
  if (typeof value !== "object") return value;
  const items = value.slice(0, MAX_LIST_ITEMS).map((item) => (typeof item === "string" ? toPlainText(item) : item));
  return value.length <= MAX_LIST_ITEMS ? items : [...items, `… and ${value.length - MAX_LIST_ITEMS} more`];
}

function cutText(text: string, maxChars: number): string {
  return toPlainText(text.length <= maxChars ? text : `${text.slice(0, maxChars)}…`);
}

/** Whether the collector takes an element of this name: ids and names are never changed, since they say which one it is. */
export function hasTellableName(element: Element): boolean {
  const ids = isLink(element) ? [element.id, element.from, element.to] : [element.id];
  if (ids.some((id) => id.length > MAX_ID_LENGTH || !isPlainText(decodeURIComponent(id)))) return false;
  return isLink(element) || (element.name.length <= MAX_NAME_CHARS && isPlainText(element.name));
}

export function sameAttributes(left: Attributes, right: Attributes): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length && names.every((name) => sameAttributeValue(left[name], right[name]))
  );
}

function sameAttributeValue(left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => item === right[index]);
  }
  return left === right;
}
