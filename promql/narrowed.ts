import { type LabelMatcher, METRIC_NAME } from "../core/series.ts";
import type { Expr, VectorMatching, VectorSelector } from "./ast.ts";
import { typeOf } from "./check-types.ts";
import type { Computing } from "./evaluation.ts";
import { NUMBER_FUNCTIONS } from "./functions/number-functions.ts";
import { RANGE_FUNCTIONS } from "./functions/range-functions.ts";
import type { Vector } from "./vector.ts";

/** With more rows on the left, or values of a label, narrowing costs more than it saves. */
const MOST_ROWS = 5_000;
const MOST_VALUES = 500;

/**
 * The right side of `and` or `unless`, of fewer series, when the left side's rows are known: a series whose labels no row can match
 * need not be read. "Down now, and up within six hours" reads six hours of what is down, not of the whole cloud. The same expression
 * where that cannot be told from its selectors.
 */
export function narrowedTo(
  left: Vector,
  { right, matching }: { readonly right: Expr; readonly matching: VectorMatching },
  { table }: Pick<Computing, "table">,
): Expr {
  if (left.ids.length > MOST_ROWS) return right;
  const rows = Array.from(left.ids, (id) => table.labelsOf(id));
  const names = matching.on ? matching.labels : new Set(rows.flatMap((labels) => Object.keys(labels)));
  const matchers = [...names].flatMap((name): LabelMatcher[] => {
    if (name === METRIC_NAME || (!matching.on && matching.labels.includes(name))) return [];
    const values = new Set(rows.map((labels) => (Object.hasOwn(labels, name) ? (labels[name] ?? "") : "")));
    return values.size > MOST_VALUES ? [] : [oneOf(name, values)];
  });
  return matchers.length === 0 ? right : (withMatchers(right, matchers) ?? right);
}

function oneOf(name: string, values: ReadonlySet<string>): LabelMatcher {
  const [value = ""] = values;
  if (values.size === 1) return { kind: "=", name, value };
  const alternatives = [...values].map((one) => one.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return { kind: "=~", name, pattern: new RegExp(`^(?:${alternatives.join("|")})$`, "s") };
}

/** Undefined unless every series of the result has the labels of the series it is made of. */
function withMatchers(expr: Expr, matchers: readonly LabelMatcher[]): Expr | undefined {
  const selector = (one: VectorSelector): VectorSelector => ({ ...one, matchers: [...one.matchers, ...matchers] });
  switch (expr.kind) {
    case "selector":
      return selector(expr);
    case "range":
      return { ...expr, selector: selector(expr.selector) };
    case "subquery": {
      const inner = withMatchers(expr.expr, matchers);
      return inner && { ...expr, expr: inner };
    }
    case "unary": {
      const operand = withMatchers(expr.operand, matchers);
      return operand && { ...expr, operand };
    }
    case "binary": {
      if (typeOf(expr.right) === "scalar") {
        const left = withMatchers(expr.left, matchers);
        return left && { ...expr, left };
      }
      if (typeOf(expr.left) !== "scalar") return undefined;
      const right = withMatchers(expr.right, matchers);
      return right && { ...expr, right };
    }
    case "call": {
      if (!RANGE_FUNCTIONS.has(expr.name) && !NUMBER_FUNCTIONS.has(expr.name)) return undefined;
      const args = expr.args.map((one) => (typeOf(one) === "scalar" ? one : withMatchers(one, matchers)));
      return args.includes(undefined) ? undefined : { ...expr, args: args.flatMap((one) => one ?? []) };
    }
    default:
      return undefined;
  }
}
