import { calculate, compare } from "./arithmetic.ts";
import { type Binary, isComparison, isSetOp } from "./ast.ts";
import { typeOf } from "./check-types.ts";
import type { Evaluation } from "./evaluation.ts";
import { withoutNames } from "./merge-rows.ts";
import { combineSets } from "./set-operators.ts";
import { dropEmptyRows, type Vector } from "./vector.ts";
import { matchVectors } from "./vector-matching.ts";

/** Both sides scalars. */
export async function binaryScalar(expr: Binary, evaluation: Evaluation): Promise<Float64Array> {
  const [left, right] = await Promise.all([evaluation.scalar(expr.left), evaluation.scalar(expr.right)]);
  const { op } = expr;
  if (isSetOp(op)) throw new Error(`${op} works on sets, not on numbers`);
  return isComparison(op) ? Float64Array.from(compare(op, left, right)) : calculate(op, left, right);
}

/** At least one side a vector. */
export async function binaryVector(expr: Binary, evaluation: Evaluation): Promise<Vector> {
  const { left, right, op } = expr;
  if (typeOf(left) === "scalar") {
    const scalars = await evaluation.scalar(left);
    return withScalar(expr, await evaluation.vector(right), { scalars, scalarIsLeft: true }, evaluation);
  }
  if (typeOf(right) === "scalar") {
    const scalars = await evaluation.scalar(right);
    return withScalar(expr, await evaluation.vector(left), { scalars, scalarIsLeft: false }, evaluation);
  }
  const leftVector = await evaluation.vector(left);
  const rightVector = await evaluation.vector(right);
  if (isSetOp(op)) return combineSets(op, leftVector, rightVector, { matching: expr.matching, evaluation });
  return matchVectors(expr, { left: leftVector, right: rightVector }, evaluation);
}

/** Two rows of numbers of which some are there. */
export interface Operands {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly present: Uint8Array;
}

/** `kept`: what a comparison that filters leaves where it holds. */
export function applyOperator(expr: Binary, { left, right, present }: Operands, kept: Float64Array) {
  const { op, bool } = expr;
  if (isSetOp(op)) throw new Error(`${op} works on sets, not on numbers`);
  if (!isComparison(op)) return { values: calculate(op, left, right), present };
  const holds = compare(op, left, right);
  if (bool) return { values: Float64Array.from(holds), present };
  for (let i = 0; i < holds.length; i++) holds[i] = (holds[i] ?? 0) & (present[i] ?? 0);
  return { values: kept, present: holds };
}

/** Whether the result is another quantity than the left side, so that its name would be wrong. */
export function dropsName(expr: Binary): boolean {
  return expr.bool || !isComparison(expr.op);
}

/** A comparison keeps the vector's value, whichever side it stands on. */
function withScalar(
  expr: Binary,
  vector: Vector,
  { scalars, scalarIsLeft }: { readonly scalars: Float64Array; readonly scalarIsLeft: boolean },
  { budget, table }: Evaluation,
): Vector {
  const { values, present } = vector;
  budget.hold(values.length);
  const spread = repeated(scalars, values.length);
  const operands = scalarIsLeft ? { left: spread, right: values, present } : { left: values, right: spread, present };
  const result: Vector = { ...vector, ...applyOperator(expr, operands, values) };
  return dropsName(expr) ? withoutNames(result, { table, budget }) : dropEmptyRows(result);
}

function repeated(scalars: Float64Array, length: number): Float64Array {
  const out = new Float64Array(length);
  if (scalars.length === 1) return out.fill(scalars[0] ?? 0);
  for (let at = 0; at < length; at += scalars.length) out.set(scalars, at);
  return out;
}
