import type { AttributeValue, Element } from "../../../core/element.ts";
import { keyOf, keysIn } from "./keys.ts";
import type { Item } from "./predicate.ts";
import { badQuery } from "./problem.ts";
import type { Shown } from "./state.ts";

/** `Values('key')`: of those that have it. */
export function valuesOf(elements: readonly Element[], key: string): readonly AttributeValue[] {
  const { read } = keyOf(key);
  return elements.flatMap((element) => {
    const value = read(element);
    if (value === undefined || (typeof value === "object" && value.length === 0)) return [];
    return [firstOfTypes(key, value)];
  });
}

/** Where an element stands for several of Skydive's nodes, the type of the first is shown. */
function firstOfTypes(key: string, value: AttributeValue): AttributeValue {
  return key === "Type" && typeof value === "object" ? (value[0] ?? value) : value;
}

/** `ValueMap()`: everything an element has; with keys, those only. */
export function valueMaps(elements: readonly Element[], keys: readonly string[]): readonly Shown[] {
  return elements.map((element) => {
    const names = keys.length === 0 ? keysIn(element) : keys;
    const entries = names.flatMap((name): readonly [string, AttributeValue][] => {
      const value = keyOf(keys.length === 0 ? plainKey(name) : name).read(element);
      return value === undefined ? [] : [[name, firstOfTypes(name, value)]];
    });
    return Object.fromEntries(entries);
  });
}

/** An attribute that has the name of a key is still itself. */
function plainKey(name: string): string {
  return ["id", "kind", "name", "cluster", "host", "parent", "from", "to"].includes(name) ? name : `attributes.${name}`;
}

/** `Keys()`: every key that one of the elements has, once. */
export function keysOfAll(elements: readonly Element[]): readonly string[] {
  return [...new Set(elements.flatMap(keysIn))];
}

/** `Sum('key')` of those that have it. Errors: `gremlin.invalid` when one of them is no number. */
export function sumOf(elements: readonly Element[], key: string, position: number): number {
  return valuesOf(elements, key).reduce<number>((sum, value) => {
    if (typeof value !== "number") throw badQuery(position, `${key} is not a number everywhere`);
    return sum + value;
  }, 0);
}

/** `Dedup()` by id, `Dedup('key', …)` by what those keys hold; an element with none of them stays. */
export function withoutRepeats<E extends Element>(elements: readonly E[], keys: readonly string[]): readonly E[] {
  const readers = keys.map((key) => keyOf(key).read);
  const seen = new Set<string>();
  return elements.filter((element) => {
    const values = readers.map((read) => read(element));
    if (keys.length > 0 && values.every((value) => value === undefined)) return true;
    const mark = keys.length === 0 ? element.id : JSON.stringify(values.map((value) => value ?? null));
    if (seen.has(mark)) return false;
    seen.add(mark);
    return true;
  });
}

/** By one key, numbers before texts; elements without it come last, and equal ones stay in their order. */
export function sorted<E extends Element>(elements: readonly E[], key: string, isDescending: boolean): readonly E[] {
  const { read } = keyOf(key);
  const keyed = elements.map((element) => ({ element, value: sortValue(read(element)) }));
  const sign = isDescending ? -1 : 1;
  return keyed
    .toSorted((a, b) => {
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined);
      return sign * compareItems(a.value, b.value);
    })
    .map(({ element }) => element);
}

function sortValue(value: AttributeValue | undefined): Item | undefined {
  return typeof value === "object" ? value.join(" ") : value;
}

function compareItems(left: Item, right: Item): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left !== typeof right) return typeof left === "number" ? -1 : Number(typeof right === "number");
  const [a, b] = [String(left), String(right)];
  return a < b ? -1 : Number(a > b);
}
