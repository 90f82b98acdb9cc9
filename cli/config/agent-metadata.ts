import type { Attributes, AttributeValue } from "../../core/element.ts";
import { isRecord } from "../../core/json.ts";
import type { ConfigProblem } from "./problem.ts";

const MAX_FACTS = 100;
const MAX_DEPTH = 8;

/** What people want to know of a host, as attributes: `rack: {row: 4}` is `rack.row` = 4. */
export interface Metadata {
  readonly attributes: Attributes;
  readonly problems: readonly ConfigProblem[];
}

/** Reads `agent.metadata`: texts, numbers, truth values, lists of those, and mappings of these. */
export function parseMetadata(tree: { readonly [key: string]: unknown }, path = "agent.metadata"): Metadata {
  const facts = new Map<string, AttributeValue>();
  const problems: ConfigProblem[] = [];
  const walk = (value: unknown, keys: readonly string[]): void => {
    if (isRecord(value) && keys.length < MAX_DEPTH) {
      for (const [key, child] of Object.entries(value)) walk(child, [...keys, key]);
      return;
    }
    const fact = factOf(value);
    if (fact !== undefined) facts.set(keys.join("."), fact);
    else {
      const message = "is neither text, number, truth value, a list of those nor a mapping of them";
      problems.push({ path: [path, ...keys].join("."), message });
    }
  };
  walk(tree, []);
  if (facts.size > MAX_FACTS) problems.push({ path, message: `has ${facts.size} facts, more than ${MAX_FACTS}` });
  return { attributes: Object.fromEntries(facts), problems };
}

/** Lists hold texts and numbers only: truth values in them become text. */
function factOf(value: unknown): AttributeValue | undefined {
  if (isFact(value)) return value;
  if (!Array.isArray(value) || !value.every(isFact)) return undefined;
  return value.map((item) => (typeof item === "boolean" ? String(item) : item));
}

function isFact(value: unknown): value is string | number | boolean {
  return (
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}
