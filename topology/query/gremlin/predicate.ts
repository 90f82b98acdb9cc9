import { parseIpAddress } from "../../ip-address.ts";
import { type Network, holds as networkHolds } from "../network.ts";

export type Item = string | number | boolean;

/** What `Has` compares a key with. An absent key has no items. */
export type Predicate =
  | { readonly kind: "present" }
  | { readonly kind: "absent" }
  | { readonly kind: "equals"; readonly value: Item }
  /** `NE` needs the key to be there, `NEE` does not. */
  | { readonly kind: "differs"; readonly value: Item; readonly mayBeAbsent: boolean }
  | { readonly kind: "within"; readonly values: readonly Item[] }
  | { readonly kind: "without"; readonly values: readonly Item[] }
  | { readonly kind: "compares"; readonly is: "below" | "above" | "at most" | "at least"; readonly than: number }
  /** `Inside(a, b)` is a < x < b, `Between(a, b)` a <= x < b, `Outside(a, b)` x < a or x > b. */
  | { readonly kind: "span"; readonly is: "inside" | "between" | "outside"; readonly from: number; readonly to: number }
  | { readonly kind: "matches"; readonly pattern: RegExp }
  | { readonly kind: "in network"; readonly network: Network };

/**
 * Whether a key's items satisfy a predicate. Of a list one item suffices; what says "not" holds when no item is meant.
 */
export function satisfies(predicate: Predicate, items: readonly Item[]): boolean {
  switch (predicate.kind) {
    case "present":
      return items.length > 0;
    case "absent":
      return items.length === 0;
    case "equals":
      return items.includes(predicate.value);
    case "differs":
      return (predicate.mayBeAbsent || items.length > 0) && !items.includes(predicate.value);
    case "within":
      return items.some((item) => predicate.values.includes(item));
    case "without":
      return !items.some((item) => predicate.values.includes(item));
    case "compares":
      return items.some((item) => typeof item === "number" && compares(item, predicate.is, predicate.than));
    case "span":
      return items.some((item) => typeof item === "number" && isIn(item, predicate));
    case "matches":
      return items.some((item) => typeof item === "string" && predicate.pattern.test(item));
    case "in network":
      return items.some((item) => typeof item === "string" && isAddressIn(item, predicate.network));
  }
}

function compares(value: number, is: Extract<Predicate, { kind: "compares" }>["is"], than: number): boolean {
  switch (is) {
    case "below":
      return value < than;
    case "above":
      return value > than;
    case "at most":
      return value <= than;
    case "at least":
      return value >= than;
  }
}

function isIn(value: number, { is, from, to }: Extract<Predicate, { kind: "span" }>): boolean {
  switch (is) {
    case "inside":
      return value > from && value < to;
    case "between":
      return value >= from && value < to;
    case "outside":
      return value < from || value > to;
  }
}

function isAddressIn(text: string, network: Network): boolean {
  const address = parseIpAddress(text.split("/")[0] ?? "");
  return address !== undefined && networkHolds(network, address);
}
