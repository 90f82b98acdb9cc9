import type { Attributes, AttributeValue } from "../../../core/element.ts";
import { isRecord } from "../../../core/json.ts";

// Members of objects as OpenStack's APIs tell them: of another type than expected counts as not told.

export type ApiObject = { readonly [member: string]: unknown };

export function textAt(object: ApiObject, member: string): string | undefined {
  const value = object[member];
  return typeof value === "string" && value !== "" && value.isWellFormed() ? value : undefined;
}

export function numberAt(object: ApiObject, member: string): number | undefined {
  const value = object[member];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function booleanAt(object: ApiObject, member: string): boolean | undefined {
  const value = object[member];
  return typeof value === "boolean" ? value : undefined;
}

export function recordAt(object: ApiObject, member: string): ApiObject {
  const value = object[member];
  return isRecord(value) ? value : {};
}

export function recordsAt(object: ApiObject, member: string): readonly ApiObject[] {
  const value = object[member];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function textsAt(object: ApiObject, member: string): readonly string[] {
  const value = object[member];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** Ids come into the ids of elements. */
export function idAt(object: ApiObject, member = "id"): string | undefined {
  const value = object[member];
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  const text = textAt(object, member)?.trim();
  return text !== undefined && /^[\w.:@-]{1,128}$/.test(text) ? text : undefined;
}

/** Times of Nova have a zone, those of Neutron's agents have none and are UTC; epoch milliseconds. */
export function timeAt(object: ApiObject, member: string): number | undefined {
  const text = textAt(object, member);
  if (text === undefined) return undefined;
  const iso = text.trim().replace(" ", "T");
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
  return Number.isFinite(ms) ? ms : undefined;
}

const MAX_TEXT = 1_000;
const MAX_ITEMS = 1_000;
/** All items of the lists of an element together: what an element may have, and half of that is for its texts. */
const MAX_ITEMS_LENGTH = 32_768;
const MAX_NAME = 200;

/** Without what was not told; what is longer than an element may be is cut, since people may write anything there. */
export function attributesOf(values: { readonly [name: string]: AttributeValue | undefined }): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  let left = MAX_ITEMS_LENGTH;
  for (const name in values) {
    const value = values[name];
    if (value === undefined || value === "") continue;
    if (typeof value === "object") {
      const items = itemsOf(value, left);
      for (const item of items) left -= lengthOf(item);
      if (items.length > 0) attributes[name] = items;
    } else attributes[name] = typeof value === "string" ? cut(value, MAX_TEXT) : value;
  }
  return attributes;
}

type Items = readonly (string | number)[];

function lengthOf(item: string | number): number {
  return typeof item === "string" ? item.length : 8;
}

/** The first items, of `length` characters together at most. */
function itemsOf(list: Items, length: number): Items {
  const items: (string | number)[] = [];
  let left = length;
  for (const item of list) {
    const own = typeof item === "string" ? cut(item, MAX_TEXT) : item;
    left -= lengthOf(own);
    if (items.length === MAX_ITEMS || left < 0) break;
    items.push(own);
  }
  return items;
}

/** The object's name, or its id when it has none. */
export function nameOf(object: ApiObject, id: string): string {
  return cutName(textAt(object, "name") ?? id);
}

export function cutName(name: string): string {
  return cut(name, MAX_NAME);
}

/** At its beginning; half a character at the end is none. */
export function cut(text: string, length: number): string {
  return text.length > length ? text.slice(0, length).toWellFormed() : text;
}
