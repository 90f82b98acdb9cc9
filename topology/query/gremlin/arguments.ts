import { parseNetwork } from "../network.ts";
import { keyOf } from "./keys.ts";
import { anchoredPattern } from "./pattern.ts";
import type { Item, Predicate } from "./predicate.ts";
import { badQuery } from "./problem.ts";
import { refusalOfKey } from "./refused.ts";
import type { Condition, Filter } from "./steps.ts";
import type { Call, Value } from "./syntax.ts";

/** `'Name', 'x', 'MTU', GT(1500)`, or one key that has to be there, or `Metadata(…)` with either. */
export function filterOf(call: Call, values: readonly Value[], needs: Filter["needs"] = "all"): Filter {
  const [only] = values;
  if (values.length === 1 && only?.kind === "call" && isNamed(only.call, "metadata")) {
    return filterOf(only.call, only.call.values, needs);
  }
  if (values.length === 1) return { needs, conditions: [{ key: keyIn(call, only), predicate: { kind: "present" } }] };
  if (values.length % 2 !== 0) throw badQuery(call.position, `${call.name} takes keys and values in pairs`);
  const conditions: Condition[] = [];
  for (let at = 0; at < values.length; at += 2) {
    const key = keyIn(call, values[at]);
    conditions.push({ key, predicate: predicateOf(call, key, values[at + 1]) });
  }
  return { needs, conditions };
}

/** A key in quotes. Errors: `gremlin.unsupported` for keys of Skydive that the topology does not hold. */
export function keyIn(call: Call, value: Value | undefined): string {
  const key = textIn(call, value, "a key in quotes");
  const refusal = refusalOfKey(key);
  if (refusal !== undefined) throw refusal;
  return key;
}

export function textIn(call: Call, value: Value | undefined, what: string): string {
  if (value?.kind === "text") return value.text;
  throw badQuery(call.position, `${call.name} takes ${what}`);
}

export function wholeNumberIn(call: Call, value: Value | undefined): number {
  if (value?.kind === "number" && Number.isInteger(value.number) && value.number >= 0) return value.number;
  throw badQuery(call.position, `${call.name} takes whole numbers from 0`);
}

export function isNamed(call: Call, name: string): boolean {
  return call.name.toLowerCase() === name;
}

function predicateOf(call: Call, key: string, value: Value | undefined): Predicate {
  const normal = keyOf(key).normal ?? ((item: Item) => item);
  const item = itemOf(value);
  if (item !== undefined) return { kind: "equals", value: normal(item) };
  if (value?.kind !== "call") throw badQuery(call.position, `${call.name}: ${key} has no value to compare with`);
  const { call: predicate } = value;
  const items = () => predicate.values.map((each) => normal(itemIn(predicate, each)));
  const [first] = predicate.values;
  switch (predicate.name.toLowerCase()) {
    case "ne":
    case "nee":
      expectValues(predicate, 1);
      return { kind: "differs", value: normal(itemIn(predicate, first)), mayBeAbsent: isNamed(predicate, "nee") };
    case "within":
      return { kind: "within", values: items() };
    case "without":
      return { kind: "without", values: items() };
    case "regex":
      expectValues(predicate, 1);
      return { kind: "matches", pattern: patternIn(predicate, first) };
    case "ipv4range":
      expectValues(predicate, 1);
      return { kind: "in network", network: networkIn(predicate, first) };
    default:
      return comparisonOf(predicate);
  }
}

const COMPARISONS = { lt: "below", gt: "above", lte: "at most", gte: "at least" } as const;
const SPANS = { inside: "inside", between: "between", outside: "outside" } as const;

function comparisonOf(predicate: Call): Predicate {
  const name = predicate.name.toLowerCase();
  const [first, second] = predicate.values;
  if (name === "lt" || name === "gt" || name === "lte" || name === "gte") {
    expectValues(predicate, 1);
    return { kind: "compares", is: COMPARISONS[name], than: numberIn(predicate, first) };
  }
  if (name === "inside" || name === "between" || name === "outside") {
    expectValues(predicate, 2);
    const [from, to] = [numberIn(predicate, first), numberIn(predicate, second)];
    return { kind: "span", is: SPANS[name], from, to };
  }
  throw badQuery(
    predicate.position,
    `there is no predicate ${predicate.name}`,
    "predicates: NE NEE LT LTE GT GTE Inside Between Outside Within Without Regex IPV4RANGE",
  );
}

function itemOf(value: Value | undefined): Item | undefined {
  if (value?.kind === "text") return value.text;
  if (value?.kind === "number") return value.number;
  if (value?.kind === "word" && (value.word === "TRUE" || value.word === "FALSE")) return value.word === "TRUE";
  return undefined;
}

function itemIn(call: Call, value: Value | undefined): Item {
  const item = itemOf(value);
  if (item === undefined) throw badQuery(call.position, `${call.name} takes texts in quotes, numbers, TRUE or FALSE`);
  return item;
}

function numberIn(call: Call, value: Value | undefined): number {
  if (value?.kind === "number") return value.number;
  throw badQuery(call.position, `${call.name} takes numbers`);
}

function patternIn(call: Call, value: Value | undefined): RegExp {
  const source = textIn(call, value, "a pattern in quotes");
  try {
    return anchoredPattern(source);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw badQuery(call.position, `the pattern ${JSON.stringify(source.slice(0, 60))} is not valid: ${cause.message}`);
  }
}

function networkIn(call: Call, value: Value | undefined) {
  const text = textIn(call, value, "a network in quotes, such as '10.0.0.0/22'");
  const network = parseNetwork(text);
  if (network === undefined) throw badQuery(call.position, `${JSON.stringify(text.slice(0, 60))} is not a network`);
  return network;
}

export function expectValues(call: Call, count: number): void {
  if (call.values.length === count) return;
  throw badQuery(call.position, `${call.name} takes ${count === 1 ? "one value" : `${count} values`}`);
}
