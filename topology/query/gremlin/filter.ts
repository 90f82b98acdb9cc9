import type { Element } from "../../../core/element.ts";
import type { Lookup } from "../graph-source.ts";
import type { Key } from "./attribute-key.ts";
import { keyOf } from "./keys.ts";
import { type Item, satisfies } from "./predicate.ts";
import type { Condition, Filter } from "./steps.ts";

/** A filter as a function of an element. */
export function testOf({ needs, conditions }: Filter): (element: Element) => boolean {
  const tests = conditions.map(conditionTest);
  if (tests.length === 0) return () => true;
  return needs === "all"
    ? (element) => tests.every((test) => test(element))
    : (element) => tests.some((test) => test(element));
}

function conditionTest({ key: name, predicate }: Condition): (element: Element) => boolean {
  const key = keyOf(name);
  return (element) => {
    const items = itemsOf(key, element);
    if (key.isForEach === true && items.length > 0) {
      return items.some((item) => satisfies(predicate, formsOf(key, [item], element)));
    }
    return satisfies(predicate, formsOf(key, items, element));
  };
}

function itemsOf(key: Key, element: Element): readonly Item[] {
  const value = key.read(element);
  if (value === undefined) return [];
  return typeof value === "object" ? value : [value];
}

function formsOf(key: Key, items: readonly Item[], element: Element): readonly Item[] {
  const { forms } = key;
  return forms === undefined ? items : items.flatMap((item) => forms(item, element));
}

/**
 * The index look-ups that together find everything that can pass all of these filters; undefined when no index helps.
 * Of several ways the one that is expected to find the least.
 */
export function planOf(filters: readonly Filter[]): readonly Lookup[] | undefined {
  const ways = filters.flatMap(({ needs, conditions }) => {
    const each = conditions.map(lookupsOf);
    if (needs === "all") return each.filter((lookups) => lookups !== undefined);
    return each.every((lookups) => lookups !== undefined) ? [each.flat()] : [];
  });
  return ways.toSorted((a, b) => costOf(a) - costOf(b))[0];
}

/** More than this many values are sooner compared than looked up one by one. */
const MOST_VALUES = 1_000;

function lookupsOf({ key: name, predicate }: Condition): readonly Lookup[] | undefined {
  const key = keyOf(name);
  switch (predicate.kind) {
    case "equals":
      return key.lookup?.(predicate.value);
    case "within": {
      if (predicate.values.length > MOST_VALUES) return undefined;
      const each = predicate.values.map((value) => key.lookup?.(value));
      return each.every((lookups) => lookups !== undefined) ? each.flat() : undefined;
    }
    case "in network":
      return key.lookupNetwork?.(predicate.network);
    case "present":
    case "absent":
    case "differs":
    case "without":
    case "compares":
    case "span":
    case "matches":
      return undefined;
  }
}

/** How much a look-up is expected to find: an id one, a kind the most. */
const COST: { readonly [by in Lookup["by"]]: number } = { id: 1, identifier: 4, host: 200, kind: 10_000 };

function costOf(lookups: readonly Lookup[]): number {
  return lookups.reduce((sum, lookup) => {
    const isNetwork = lookup.by === "identifier" && lookup.token.startsWith("net:");
    return sum + (isNetwork ? 100 : COST[lookup.by]);
  }, 0);
}
