import { calculate, holds } from "./arithmetic.ts";
import { type Binary, isComparison, isSetOp } from "./ast.ts";
import { typeOf } from "./check-types.ts";
import { type Column, mapColumn, mergeColumns } from "./column.ts";
import type { Evaluation } from "./evaluation.ts";
import { withoutName } from "./labels.ts";
import { combineSets } from "./set-operators.ts";
import { matchVectors } from "./vector-matching.ts";

/** Both sides scalars. */
export async function binaryScalar(expr: Binary, evaluation: Evaluation): Promise<Float64Array> {
  const [left, right] = await Promise.all([evaluation.scalar(expr.left), evaluation.scalar(expr.right)]);
  const apply = elementwise({ ...expr, bool: true });
  return left.map((value, step) => apply(value, right[step] ?? 0) ?? 0);
}

/** At least one side a vector. */
export async function binaryVector(expr: Binary, evaluation: Evaluation): Promise<readonly Column[]> {
  const { left, right, op } = expr;
  if (typeOf(left) === "scalar") {
    const scalars = await evaluation.scalar(left);
    return withScalar(expr, await evaluation.vector(right), { scalars, scalarIsLeft: true }, evaluation);
  }
  if (typeOf(right) === "scalar") {
    const scalars = await evaluation.scalar(right);
    return withScalar(expr, await evaluation.vector(left), { scalars, scalarIsLeft: false }, evaluation);
  }
  const leftColumns = await evaluation.vector(left);
  const rightColumns = await evaluation.vector(right);
  if (isSetOp(op)) return combineSets(op, leftColumns, rightColumns, { matching: expr.matching, evaluation });
  return matchVectors(expr, elementwise(expr), { left: leftColumns, right: rightColumns }, evaluation);
}

/** The operator on two numbers; undefined where a comparison filters the left one out. */
export function elementwise(expr: Binary): (left: number, right: number) => number | undefined {
  const { op, bool } = expr;
  if (isSetOp(op)) throw new Error(`${op} works on sets, not on numbers`);
  if (!isComparison(op)) return (left, right) => calculate(op, left, right);
  if (bool) return (left, right) => Number(holds(op, left, right));
  return (left, right) => (holds(op, left, right) ? left : undefined);
}

/** Whether the result is another quantity than the left side, so that its name would be wrong. */
export function dropsName(expr: Binary): boolean {
  return expr.bool || !isComparison(expr.op);
}

/** A comparison keeps the vector's value, whichever side it stands on. */
function withScalar(
  expr: Binary,
  columns: readonly Column[],
  { scalars, scalarIsLeft }: { readonly scalars: Float64Array; readonly scalarIsLeft: boolean },
  { budget }: Evaluation,
): readonly Column[] {
  const apply = elementwise(expr);
  const filters = isComparison(expr.op) && !expr.bool;
  const map = (value: number, step: number): number | undefined => {
    const scalar = scalars[step] ?? 0;
    if (!scalarIsLeft) return apply(value, scalar);
    const result = apply(scalar, value);
    return filters && result !== undefined ? value : result;
  };
  const mapped = columns.map((column) => {
    return mapColumn(column, dropsName(expr) ? withoutName(column.labels) : column.labels, map);
  });
  return mergeColumns(mapped, budget);
}
