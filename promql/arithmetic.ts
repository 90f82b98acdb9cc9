import type { ArithmeticOp, ComparisonOp } from "./ast.ts";

/** Two rows of numbers of one length. */
interface Numbers {
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/** Element by element; the operator is chosen outside of the loop, which then runs without calls. */
export function calculate(op: ArithmeticOp, { left, right }: Numbers, out: Float64Array): Float64Array {
  switch (op) {
    case "+":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) + (right[i] ?? 0);
      break;
    case "-":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) - (right[i] ?? 0);
      break;
    case "*":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) * (right[i] ?? 0);
      break;
    case "/":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) / (right[i] ?? 0);
      break;
    case "%":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) % (right[i] ?? 0);
      break;
    case "^":
      for (let i = 0; i < out.length; i++) out[i] = power(left[i] ?? 0, right[i] ?? 0);
      break;
    case "atan2":
      for (let i = 0; i < out.length; i++) out[i] = Math.atan2(left[i] ?? 0, right[i] ?? 0);
      break;
  }
  return out;
}

/** IEEE 754's pow, which Go follows: 1 to any power is 1, and so is −1 to an infinite one. JavaScript says NaN. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && (exponent === Infinity || exponent === -Infinity))) return 1;
  return base ** exponent;
}

/** 1 where it holds. */
export function compare(op: ComparisonOp, { left, right }: Numbers, out: Uint8Array): Uint8Array {
  switch (op) {
    case "==":
      for (let i = 0; i < out.length; i++) out[i] = left[i] === right[i] ? 1 : 0;
      break;
    case "!=":
      for (let i = 0; i < out.length; i++) out[i] = left[i] !== right[i] ? 1 : 0;
      break;
    case ">":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) > (right[i] ?? 0) ? 1 : 0;
      break;
    case "<":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) < (right[i] ?? 0) ? 1 : 0;
      break;
    case ">=":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) >= (right[i] ?? 0) ? 1 : 0;
      break;
    case "<=":
      for (let i = 0; i < out.length; i++) out[i] = (left[i] ?? 0) <= (right[i] ?? 0) ? 1 : 0;
      break;
  }
  return out;
}
