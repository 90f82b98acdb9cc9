import { calculate, compare } from "./arithmetic.ts";
import { type Binary, isComparison, isSetOp } from "./ast.ts";
import { typeOf } from "./check-types.ts";
import type { Computing, Evaluation } from "./evaluation.ts";
import { withoutNames } from "./merge-rows.ts";
import { narrowedTo } from "./narrowed.ts";
import { combineSets } from "./set-operators.ts";
import { dropEmptyRows, type Vector } from "./vector.ts";
import { matchVectors } from "./vector-matching.ts";

/** Both sides scalars. */
export async function binaryScalar(expr: Binary, evaluation: Evaluation): Promise<Float64Array> {
  const numbers = { left: await evaluation.scalar(expr.left), right: await evaluation.scalar(expr.right) };
  const { op } = expr;
  const { count } = evaluation.grid;
  if (isSetOp(op)) throw new Error(`${op} works on sets, not on numbers`);
  if (isComparison(op)) return Float64Array.from(compare(op, numbers, new Uint8Array(count)));
  return calculate(op, numbers, new Float64Array(count));
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
  // Of these, nothing that fits no row on the left has a say.
  const isNarrow = op === "and" || op === "unless";
  if (isNarrow && leftVector.ids.length === 0) return leftVector;
  const rightVector = await evaluation.vector(isNarrow ? narrowedTo(leftVector, expr, evaluation) : right);
  if (isSetOp(op))
    return combineSets({ op, matching: expr.matching }, { left: leftVector, right: rightVector }, evaluation);
  return matchVectors(expr, { left: leftVector, right: rightVector }, evaluation);
}

/** Two rows of numbers of which some are there. */
export interface Operands {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly present: Uint8Array;
}

/** Numbers worked on before others may get their turn: about a millisecond. */
const SLICE = 250_000;

/** `kept`: what a comparison that filters leaves where it holds. */
export async function applyOperator(
  { op, bool }: Binary,
  operands: Operands,
  { kept, computing }: { readonly kept: Float64Array; readonly computing: Computing },
): Promise<Pick<Vector, "values" | "present">> {
  if (isSetOp(op)) throw new Error(`${op} works on sets, not on numbers`);
  const { present } = operands;
  const { budget, memory } = computing;
  const holds = memory.flags(isComparison(op) ? present.length : 0);
  const values = isComparison(op) && !bool ? kept : memory.floats(present.length);
  for (let at = 0; at < present.length; at += SLICE) {
    const end = Math.min(at + SLICE, present.length);
    const numbers = { left: operands.left.subarray(at, end), right: operands.right.subarray(at, end) };
    if (isComparison(op)) compare(op, numbers, holds.subarray(at, end));
    else calculate(op, numbers, values.subarray(at, end));
    if (isComparison(op) && bool) values.set(holds.subarray(at, end), at);
    else if (isComparison(op)) for (let i = at; i < end; i++) holds[i] = (holds[i] ?? 0) & (present[i] ?? 0);
    if (budget.work(end - at)) await budget.breathe();
  }
  return { values, present: isComparison(op) && !bool ? holds : present };
}

/** Whether the result is another quantity than the left side, so that its name would be wrong. */
export function dropsName(expr: Binary): boolean {
  return expr.bool || !isComparison(expr.op);
}

/** A comparison keeps the vector's value, whichever side it stands on. */
async function withScalar(
  expr: Binary,
  vector: Vector,
  { scalars, scalarIsLeft }: { readonly scalars: Float64Array; readonly scalarIsLeft: boolean },
  computing: Computing,
): Promise<Vector> {
  const { values, present } = vector;
  computing.budget.hold(values.length);
  const spread = repeated(scalars, computing.memory.floats(values.length));
  const operands = scalarIsLeft ? { left: spread, right: values, present } : { left: values, right: spread, present };
  const result: Vector = { ...vector, ...(await applyOperator(expr, operands, { kept: values, computing })) };
  computing.memory.drop(spread);
  return dropsName(expr) ? withoutNames(result, computing) : dropEmptyRows(result, computing);
}

function repeated(scalars: Float64Array, out: Float64Array): Float64Array {
  if (scalars.length === 1) return out.fill(scalars[0] ?? 0);
  for (let at = 0; at < out.length; at += scalars.length) out.set(scalars, at);
  return out;
}
